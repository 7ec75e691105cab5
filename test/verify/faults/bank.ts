import { UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import type { Upstream } from "../../../functions/jobs/domain/ports.ts";
import type { Secret } from "../../../functions/jobs/domain/secret.ts";
import type { Step, StepError } from "../../../functions/jobs/domain/steps.ts";
import type { UpstreamJob } from "../../../functions/jobs/domain/upstream-job.ts";
import { OUTAGE_PROBLEM } from "../../support/scripted-aggregator.ts";

/** How a bank does its work. Those that are down refuse a login at once, or take it and then fail. */
const BANKS = {
  AU00000: { asks: false, outage: undefined },
  AU00002: { asks: true, outage: undefined },
  AU00101: { asks: false, outage: "refuses" },
  AU00102: { asks: false, outage: "fails" },
} as const;

export type BankId = keyof typeof BANKS;

/** Each step takes so long. */
const STEP_MS = 2_000;
const EXPIRY_MS = 120_000;
/** A login that begins so is refused. */
export const WRONG_LOGIN = "wrong-";
const WRONG: StepError = { code: "invalid-credentials", title: "Cannot login", detail: "It is wrong." };
const UNKNOWN: StepError = {
  code: "resource-not-found",
  title: "Not found",
  detail: "There is no such job.",
};
/** The published wording of a question, to which the answer is one text. */
const QUESTION = { method: "token", description: "Code", expiryMs: EXPIRY_MS } as const;

interface BankJob {
  readonly id: string;
  readonly userId: string;
  readonly bank: BankId;
  readonly connectionId: string;
  readonly openedAt: number;
  /** Why it fails as soon as the bank has seen the login. */
  readonly problem: StepError | undefined;
  answers: number[];
}

export interface BankOptions {
  now(): number;
  /** Banks with an outage are down from the start until then. */
  downUntil: number;
}

/** An aggregator with four banks, as a client of it sees them. It counts every login and answer that it takes. */
export function countingBanks({ now, downUntil }: BankOptions) {
  const jobs = new Map<string, BankJob>();
  const ofUsers = new Map<string, BankJob[]>();
  /** By user: how many logins and refreshes the banks took. */
  const posts = new Map<string, number>();

  const bankOf = (id: string) => {
    const known = Object.entries(BANKS).find(([each]) => each === id);
    if (known === undefined) throw refusal(400, UNKNOWN);
    return { id: id as BankId, ...known[1] };
  };
  const isDown = (id: string) => bankOf(id).outage !== undefined && now() < downUntil;

  function open(userId: string, bank: BankId, connectionId: string | undefined, login?: Secret) {
    if (isDown(bank) && BANKS[bank].outage === "refuses") throw refusal(503, OUTAGE_PROBLEM);
    const id = `upstream-${jobs.size + 1}`;
    const isWrong = login?.reveal().startsWith(WRONG_LOGIN) === true;
    const problem = isDown(bank) ? OUTAGE_PROBLEM : isWrong ? WRONG : undefined;
    const job: BankJob = {
      ...{ id, userId, bank, problem, connectionId: connectionId ?? `c-${id}`, openedAt: now() },
      answers: [],
    };
    jobs.set(id, job);
    ofUsers.set(userId, [...(ofUsers.get(userId) ?? []), job]);
    posts.set(userId, (posts.get(userId) ?? 0) + 1);
    return { upstreamJobId: id };
  }

  function stepsOf({ bank, openedAt, answers, problem }: BankJob): Step[] {
    const verifiedAt = openedAt + STEP_MS;
    const [answeredAt = Number.POSITIVE_INFINITY] = answers;
    const dataFrom = BANKS[bank].asks ? answeredAt + STEP_MS : verifiedAt;
    const step = (title: string, from: number, until: number): Step => ({
      title,
      status: now() >= until ? "success" : now() >= from ? "in-progress" : "pending",
      result: null,
    });
    const login = step("verify-credentials", openedAt, verifiedAt);
    const failed: Step = { ...login, status: "failed", result: { type: "error", ...problem } as never };
    const rest = [
      ...(BANKS[bank].asks ? [step("mfa-challenge", verifiedAt, dataFrom)] : []),
      step("retrieve-accounts", dataFrom, dataFrom + STEP_MS),
      step("retrieve-transactions", dataFrom + STEP_MS, dataFrom + 2 * STEP_MS),
    ];
    if (problem === undefined || login.status !== "success") return [login, ...rest];
    return [failed, ...rest.map((each): Step => ({ ...each, status: "pending" }))];
  }

  function shown(job: BankJob): UpstreamJob {
    const steps = stepsOf(job);
    const created = new Date(job.openedAt).toISOString();
    const isVerified = steps[0]?.status === "success";
    const isAsking = steps.some(({ title, status }) => title === "mfa-challenge" && status === "in-progress");
    return {
      ...{ id: job.id, created, updated: created, institutionId: job.bank, steps },
      ...(isVerified && { connectionId: job.connectionId }),
      ...(isAsking && job.answers.length === 0 && { challenge: { ...QUESTION, input: ["Code"] } }),
    };
  }

  function jobOf(id: string): BankJob {
    const job = jobs.get(id);
    if (job === undefined) throw refusal(404, UNKNOWN);
    return job;
  }

  const connectionsOf = (userId: string) =>
    (ofUsers.get(userId) ?? []).flatMap((job) => {
      const { connectionId: id, institutionId } = shown(job);
      return id === undefined || institutionId === undefined ? [] : [{ id, institutionId }];
    });

  const upstream: Upstream = {
    institution: async (id) => ({
      id,
      authorization: bankOf(id).asks ? "user-mfa" : "user",
      needsSecurityCode: false,
      needsSecondaryLoginId: false,
      status: isDown(id) && bankOf(id).outage === "refuses" ? "major-outage" : "operational",
    }),
    connection: async (userId, id) => connectionsOf(userId).find((each) => each.id === id),
    connectionsOf: async (userId) => connectionsOf(userId),
    openConnection: async (userId, id, { loginId }) => open(userId, bankOf(id).id, undefined, loginId),
    updateConnection: () => Promise.reject(new Error("Nobody updates a connection here.")),
    refreshConnection: async (userId, id) => {
      const known = connectionsOf(userId).find((each) => each.id === id);
      return open(userId, bankOf(known?.institutionId ?? "").id, id);
    },
    job: async (id) => shown(jobOf(id)),
    jobsOf: async (userId, connectionId) =>
      (ofUsers.get(userId) ?? [])
        .filter((job) => connectionId === undefined || job.connectionId === connectionId)
        .map(shown),
    answer: async (_userId, id) => void jobOf(id).answers.push(now()),
  };

  return {
    upstream,
    posts: (userId: string) => posts.get(userId) ?? 0,
    /** How many answers each job got. */
    answers: () => [...jobs.values()].map(({ answers }) => answers.length),
  };
}

function refusal(status: number, problem: StepError): UpstreamRefused {
  return new UpstreamRefused(status, problem);
}
