import { UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import type { Upstream } from "../../../functions/jobs/domain/ports.ts";
import type { Step, StepStatus } from "../../../functions/jobs/domain/steps.ts";
import type { UpstreamJob } from "../../../functions/jobs/domain/upstream-job.ts";
import { assumptions } from "../bench/prices.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The sandbox's pace: each step takes so long. */
const STEP_MS = 2_000;
const EXPIRY_MS = 120_000;
export const PLAIN_BANK = "AU00000";
export const MFA_BANK = "AU00002";

interface BankJob {
  readonly userId: string;
  readonly institutionId: string;
  readonly openedAt: number;
  answeredAt?: number;
}

/** An aggregator with two banks that work: one of them asks for a code. Each call takes as long as the benchmark assumes. */
export function workingBanks(time: VirtualTime) {
  const jobs = new Map<string, BankJob>();
  const ofUsers = new Map<string, string[]>();
  let opened = 0;

  function stepsOf({ institutionId, openedAt, answeredAt = Number.POSITIVE_INFINITY }: BankJob): Step[] {
    const asks = institutionId === MFA_BANK;
    const titles = asks
      ? ["mfa-challenge", "retrieve-accounts", "retrieve-transactions"]
      : ["retrieve-accounts", "retrieve-transactions"];
    const verifiedAt = openedAt + STEP_MS;
    // The bank decides on the answer for as long as on a login.
    const restAt = asks ? answeredAt : verifiedAt;
    const rest = titles.map((title, index): Step => {
      const endsAt = restAt + (index + 1) * STEP_MS;
      const beginsAt = asks && index === 0 ? verifiedAt : endsAt - STEP_MS;
      return { title, status: statusAt(beginsAt, endsAt), result: null };
    });
    return [{ title: "verify-credentials", status: statusAt(openedAt, verifiedAt), result: null }, ...rest];
  }

  function statusAt(beginsAt: number, endsAt: number): StepStatus {
    if (time.now() >= endsAt) return "success";
    return time.now() >= beginsAt ? "in-progress" : "pending";
  }

  function shown(id: string): UpstreamJob {
    const job = jobs.get(id);
    if (job === undefined)
      throw new UpstreamRefused(404, { code: "resource-not-found", title: "", detail: "" });
    const steps = stepsOf(job);
    const isAsking =
      job.answeredAt === undefined &&
      steps[1]?.title === "mfa-challenge" &&
      steps[1].status === "in-progress";
    const created = new Date(job.openedAt).toISOString();
    const question = {
      method: "token",
      description: "Code",
      input: ["OTP Password"],
      expiryMs: EXPIRY_MS,
    } as const;
    return {
      ...{ id, created, updated: created, institutionId: job.institutionId, connectionId: `c-${id}`, steps },
      ...(isAsking && { challenge: { ...question, input: [...question.input] } }),
    };
  }

  async function answered<Result>(reply: () => Result): Promise<Result> {
    await time.sleep(assumptions.upstreamCallMs.value);
    return reply();
  }

  function open(userId: string, institutionId: string) {
    const upstreamJobId = `upstream-${++opened}`;
    jobs.set(upstreamJobId, { userId, institutionId, openedAt: time.now() });
    ofUsers.set(userId, [...(ofUsers.get(userId) ?? []), upstreamJobId]);
    return { upstreamJobId };
  }

  const upstream: Upstream = {
    institution: (id) =>
      answered(() => ({
        id,
        authorization: id === MFA_BANK ? ("user-mfa" as const) : ("user" as const),
        needsSecurityCode: false,
        needsSecondaryLoginId: false,
        status: "operational" as const,
      })),
    connection: () => answered(() => undefined),
    connectionsOf: () => answered(() => []),
    openConnection: (userId, institutionId) => answered(() => open(userId, institutionId)),
    updateConnection: () => Promise.reject(new Error("Nobody updates a connection here.")),
    refreshConnection: () => Promise.reject(new Error("Nobody refreshes a connection here.")),
    job: (id) => answered(() => shown(id)),
    jobsOf: (userId) => answered(() => (ofUsers.get(userId) ?? []).map(shown)),
    answer: (_userId, id) =>
      answered(() => {
        const job = jobs.get(id);
        if (job !== undefined) job.answeredAt ??= time.now();
      }),
  };
  return {
    upstream,
    /** How many logins the aggregator got. */
    logins: () => opened,
    loginsOf: (userId: string) => ofUsers.get(userId)?.length ?? 0,
    forget(userId: string): void {
      for (const id of ofUsers.get(userId) ?? []) jobs.delete(id);
      ofUsers.delete(userId);
    },
  };
}
