import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { UpstreamRefused } from "../../functions/jobs/domain/errors.ts";
import type { Upstream } from "../../functions/jobs/domain/ports.ts";
import type { Step, StepError, StepStatus } from "../../functions/jobs/domain/steps.ts";
import type { UpstreamJob } from "../../functions/jobs/domain/upstream-job.ts";

const SECOND = 1000;
/** The pace of a plain job, which takes 10 s, and of one with a challenge: 2 s to it, and 4 s from the answer on. */
const VERIFIED_MS = 2 * SECOND;
const ACCOUNTS_MS = 6 * SECOND;
const DONE_MS = 10 * SECOND;
const AFTER_ANSWER_MS = 4 * SECOND;

const OUTAGE: StepError = { code: "service-unavailable", title: "Service Unavailable", detail: "Try later." };
const QUEUED: StepError = { ...OUTAGE, code: "temporary-unavailable-queued" };
const QUESTION = {
  method: "token",
  description: "Code",
  input: ["OTP Password"],
  expiryMs: 120_000,
} as const;

/**
 * How a bank that is down lets it be known: its record says so and a login is refused; or its record says that all is well, and
 * a login is refused, taken and then failed, or taken and queued upstream.
 */
export const WAYS_TO_BE_DOWN = ["by record", "by refusing", "by failing", "by queueing"] as const;

export interface BankBehaviour {
  readonly asks?: boolean;
  readonly down?: (typeof WAYS_TO_BE_DOWN)[number];
  /** From its beginning on; for good when absent. */
  readonly downForMs?: number;
}

interface BankJob {
  readonly openedAt: number;
  answeredAt?: number;
}

/** One institution upstream, whose jobs go on as the clock does. */
export function timedBank(clock: Clock, behaviour: BankBehaviour) {
  const { asks = false, down, downForMs = Number.POSITIVE_INFINITY } = behaviour;
  const jobs = new Map<string, BankJob>();
  const logins: string[] = [];
  const now = () => clock.now().getTime();
  const upAt = down === undefined ? now() : now() + downForMs;
  const isDown = (way: BankBehaviour["down"]) => down === way && now() < upAt;

  function stepsOf(job: BankJob): Step[] {
    const wasDown = job.openedAt < upAt;
    if (down === "by failing" && wasDown) return [step("verify-credentials", "failed", OUTAGE)];
    if (isDown("by queueing")) return [step("verify-credentials", "pending", QUEUED)];
    const begunAt = Math.max(job.openedAt, upAt);
    const since = now() - begunAt;
    const at = (beginMs: number, endMs: number): StepStatus => {
      if (since >= endMs) return "success";
      return since >= beginMs ? "in-progress" : "pending";
    };
    const answeredMs = (job.answeredAt ?? Number.POSITIVE_INFINITY) - begunAt;
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
    const connectionId = `c-${id}`;
    return { id, created, updated: created, institutionId: "BANK", connectionId, steps, ...challenge };
  }

  async function post(): Promise<{ upstreamJobId: string }> {
    logins.push(clock.now().toISOString());
    if (isDown("by record") || isDown("by refusing")) throw new UpstreamRefused(503, OUTAGE);
    const upstreamJobId = `upstream-${jobs.size + 1}`;
    jobs.set(upstreamJobId, { openedAt: now() });
    return { upstreamJobId };
  }

  const upstream: Upstream = {
    institution: async (id) => ({
      id,
      authorization: asks ? "user-mfa" : "user",
      needsSecurityCode: false,
      needsSecondaryLoginId: false,
      status: isDown("by record") ? "major-outage" : "operational",
    }),
    connection: async () => undefined,
    connectionsOf: async () => [],
    openConnection: post,
    updateConnection: post,
    refreshConnection: post,
    job: async (id) => shown(id),
    jobsOf: async () => [...jobs.keys()].map(shown),
    answer: async (id) => {
      const job = jobs.get(id);
      if (job !== undefined) job.answeredAt = now();
    },
  };
  return { upstream, logins };
}

function step(title: string, status: StepStatus, result: StepError | null = null): Step {
  return { title, status, result };
}
