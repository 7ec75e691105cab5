import { parse } from "zod/v4/core";
import type { AccessPorts } from "../../../functions/access/ports.ts";
import type { Clock } from "../../../functions/jobs/domain/clock.ts";
import { UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import type { Ports, Upstream } from "../../../functions/jobs/domain/ports.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import type { Step, StepError, StepStatus } from "../../../functions/jobs/domain/steps.ts";
import type { UpstreamJob } from "../../../functions/jobs/domain/upstream-job.ts";
import { sfnWaker } from "../../../functions/jobs/store/executions.ts";
import { answerChallenge } from "../../../functions/jobs/use-cases/answer-challenge.ts";
import { askForAnswer } from "../../../functions/jobs/use-cases/ask-for-answer.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { giveUp } from "../../../functions/jobs/use-cases/end-job.ts";
import { type FollowDeps, followJob } from "../../../functions/jobs/use-cases/follow-job.ts";
import { openAndFollow } from "../../../functions/jobs/use-cases/open-connection.ts";
import { sendAndFollow } from "../../../functions/jobs/use-cases/send-answer.ts";
import {
  askInput,
  followOutput,
  giveUpInput,
  jobInput,
  jobOutput,
  taskHandler,
} from "../../../functions/jobs/workflow/handlers.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { type Entry, pausesOf } from "../walks/definition.ts";
import type { DeployedWorkflow, Engine, Invoke } from "../walks/deployed-workflow.ts";

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

export interface BankBehaviour {
  readonly asks?: boolean;
  /**
   * What a bank that is down does: its record says so and it refuses a login; or its record says that the bank is up, and it
   * refuses a login, takes and then fails it, or takes and queues it.
   */
  readonly down?: "by record" | "by refusing" | "by failing" | "by queueing";
  /** From its beginning on; for good when absent. */
  readonly downForMs?: number;
}

interface BankJob {
  readonly openedAt: number;
  answeredAt?: number;
}

/** One institution upstream, whose jobs go on as the clock does. */
function timedBank(clock: Clock, behaviour: BankBehaviour) {
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
    answer: async (_userId, id) => {
      const job = jobs.get(id);
      if (job !== undefined) job.answeredAt = now();
    },
  };
  return { upstream, logins };
}

function step(title: string, status: StepStatus, result: StepError | null = null): Step {
  return { title, status, result };
}

/**
 * The entries' own code on ports in memory, at a bank that goes by the same clock, which moves as long as the workflow waits
 * or pauses. The user answers at once.
 */
export function useCaseTasks(
  { client, definition }: Pick<Engine, "client"> & Pick<DeployedWorkflow, "definition">,
  behaviour: BankBehaviour,
) {
  const pauses = pausesOf(definition);
  const fakes = fakePorts();
  const { upstream, logins } = timedBank(fakes.clock, behaviour);
  const ports = {
    ...fakes,
    upstream,
    institutions: upstream,
    waker: sfnWaker(client),
  };
  const handlers = handlersOf(ports);

  const invoke: Invoke = async (entry, payload) => {
    try {
      const result = await handlers[entry](payload);
      if (entry === "ask-for-answer") await answer(ports, parse(jobInput, payload).jobId);
      ports.clock.pass(pauses.msAfterResult(result));
      return result;
    } catch (error) {
      ports.clock.pass(pauses.msAfterError(entry, error instanceof Error ? error.name : ""));
      throw error;
    }
  };

  return {
    ...ports,
    logins,
    invoke,
    accept: async (userId = "ea3a81") => {
      const login = { loginId: new Secret("gavinBelson"), password: new Secret("hooli2016") };
      return (await acceptConnection(ports, { userId, institutionId: "BANK", login })).job;
    },
    ports,
  };
}

type TaskPorts = FollowDeps & Pick<Ports & AccessPorts, "erasures" | "requestCounts" | "sealer" | "waker">;

function handlersOf(ports: TaskPorts): { [entry in Entry]: (payload: unknown) => Promise<unknown> } {
  const following = (entry: Entry, run: typeof followJob | typeof openAndFollow | typeof sendAndFollow) =>
    taskHandler(entry, jobInput, followOutput, async (input) => ({
      jobId: input.jobId,
      ...(await run(ports, input)),
    }));
  return {
    "open-connection": following("open-connection", openAndFollow),
    "follow-job": following("follow-job", followJob),
    "ask-for-answer": taskHandler("ask-for-answer", askInput, jobOutput, async (input) => {
      await askForAnswer(ports, input);
      return input;
    }),
    "send-answer": following("send-answer", sendAndFollow),
    "give-up": taskHandler("give-up", giveUpInput, jobOutput, async (input) => {
      await giveUp(ports, input);
      return input;
    }),
  };
}

function answer(ports: TaskPorts, jobId: string) {
  const caller = { scope: "SERVER_ACCESS", version: "3.0" } as const;
  return answerChallenge(ports, { jobId, caller, answers: [new Secret("1234")] });
}
