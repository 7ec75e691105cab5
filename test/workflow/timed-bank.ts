import { UpstreamRefused } from "../../functions/domain/errors.ts";
import type { Clock, Upstream } from "../../functions/domain/ports.ts";
import type { Step, StepError, StepStatus } from "../../functions/domain/steps.ts";
import type { UpstreamJob } from "../../functions/domain/upstream-job.ts";

const SECOND = 1000;
/** The pace of a plain job, which takes 10 s, and of one with a challenge: 2 s to it, and 4 s from the answer on. */
const VERIFIED_MS = 2 * SECOND;
const ACCOUNTS_MS = 6 * SECOND;
const DONE_MS = 10 * SECOND;
const AFTER_ANSWER_MS = 4 * SECOND;

const OUTAGE: StepError = { code: "service-unavailable", title: "Service Unavailable", detail: "Try later." };
const QUESTION = {
  method: "token",
  description: "Code",
  input: ["OTP Password"],
  expiryMs: 120_000,
} as const;

export interface BankBehaviour {
  readonly asks?: boolean;
  /** While it is down: a login is refused, or taken and then failed. */
  readonly down?: "refuses" | "fails";
}

/** One institution upstream, whose jobs go on as the clock does. */
export function timedBank(clock: Clock, { asks = false, down }: BankBehaviour) {
  const jobs = new Map<string, { openedAt: number; answeredAt?: number }>();
  const logins: string[] = [];
  const now = () => clock.now().getTime();

  function stepsOf(job: { openedAt: number; answeredAt?: number }): Step[] {
    if (down === "fails") return [{ title: "verify-credentials", status: "failed", result: OUTAGE }];
    const since = now() - job.openedAt;
    const at = (beginMs: number, endMs: number): StepStatus => {
      if (since >= endMs) return "success";
      return since >= beginMs ? "in-progress" : "pending";
    };
    const answeredMs = (job.answeredAt ?? Number.POSITIVE_INFINITY) - job.openedAt;
    const [accountsMs, doneMs] = asks
      ? [answeredMs + AFTER_ANSWER_MS / 2, answeredMs + AFTER_ANSWER_MS]
      : [ACCOUNTS_MS, DONE_MS];
    const retrievingMs = asks ? answeredMs : VERIFIED_MS;
    const challenge = asks ? [step("mfa-challenge", at(VERIFIED_MS, answeredMs))] : [];
    return [
      step("verify-credentials", at(0, VERIFIED_MS)),
      ...challenge,
      step("retrieve-accounts", at(retrievingMs, accountsMs)),
      step("retrieve-transactions", at(accountsMs, doneMs)),
    ];
  }

  function shown(id: string): UpstreamJob {
    const job = jobs.get(id);
    if (job === undefined) throw new Error("There is no such job upstream.");
    const steps = stepsOf(job);
    const isAsking = steps.some(({ title, status }) => title === "mfa-challenge" && status === "in-progress");
    const created = new Date(job.openedAt).toISOString();
    const challenge = isAsking ? { challenge: { ...QUESTION, input: [...QUESTION.input] } } : {};
    return {
      id,
      created,
      updated: created,
      institutionId: "BANK",
      connectionId: `c-${id}`,
      steps,
      ...challenge,
    };
  }

  const upstream: Upstream = {
    institution: async (id) => ({
      id,
      authorization: asks ? "user-mfa" : "user",
      needsSecurityCode: false,
      needsSecondaryLoginId: false,
      status: down === undefined ? "operational" : "major-outage",
    }),
    openConnection: async () => {
      logins.push(clock.now().toISOString());
      if (down === "refuses") throw new UpstreamRefused(503, OUTAGE);
      const upstreamJobId = `upstream-${jobs.size + 1}`;
      jobs.set(upstreamJobId, { openedAt: now() });
      return { upstreamJobId };
    },
    job: async (id) => shown(id),
    jobsOf: async () => [...jobs.keys()].map(shown),
    answer: async (id) => {
      const job = jobs.get(id);
      if (job !== undefined) job.answeredAt = now();
    },
  };
  return { upstream, logins };
}

function step(title: string, status: StepStatus): Step {
  return { title, status, result: null };
}
