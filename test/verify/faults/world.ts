import { apiHandler } from "../../../functions/http/api-handler.ts";
import { tagged, whole } from "../../../functions/http/etag.ts";
import type { ApiResult, HttpRequest } from "../../../functions/http/request.ts";
import { renderAccepted, renderJob, renderJobStub } from "../../../functions/jobs/api/replies.ts";
import {
  keyedRequest,
  parseConnectionRequest,
  parseMfaRequest,
} from "../../../functions/jobs/api/requests.ts";
import { DEFAULT_ANSWER_WAIT_SECONDS } from "../../../functions/jobs/domain/challenge.ts";
import type { Clock } from "../../../functions/jobs/domain/clock.ts";
import { isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import type { Executions, Waker } from "../../../functions/jobs/domain/ports.ts";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { sealedFingerprints } from "../../../functions/jobs/store/fingerprints.ts";
import { answerAndWait } from "../../../functions/jobs/use-cases/answer-challenge.ts";
import { askForAnswer } from "../../../functions/jobs/use-cases/ask-for-answer.ts";
import { cancelJob } from "../../../functions/jobs/use-cases/cancel-job.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { giveUp } from "../../../functions/jobs/use-cases/end-job.ts";
import { followJob } from "../../../functions/jobs/use-cases/follow-job.ts";
import { lookAtBanks } from "../../../functions/jobs/use-cases/look-at-banks.ts";
import { takePost } from "../../../functions/jobs/use-cases/once-per-key.ts";
import { openAndFollow } from "../../../functions/jobs/use-cases/open-connection.ts";
import { readJob } from "../../../functions/jobs/use-cases/read-job.ts";
import { refreshConnection } from "../../../functions/jobs/use-cases/refresh-connection.ts";
import { resumeJob } from "../../../functions/jobs/use-cases/resume-job.ts";
import { sendAndFollow } from "../../../functions/jobs/use-cases/send-answer.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import {
  askInput,
  followOutput,
  giveUpInput,
  jobInput,
  jobOutput,
  sweepHandler,
  taskHandler,
} from "../../../functions/jobs/workflow/handlers.ts";
import { ExecutionHistory } from "../../../infra/local/step-functions/execution-history.ts";
import { stateMachineRunner } from "../../../infra/local/step-functions/interpreter.ts";
import { TaskTokens } from "../../../infra/local/step-functions/task-tokens.ts";
import {
  fakeClaims,
  fakeJobStore,
  fakeOutages,
  fakePorts,
  fakeRefusedLogins,
  fakeRequestCounts,
  fakeReservations,
  fakeSealer,
  fakeSweptJobs,
  fakeVault,
  fakeWaiterSlots,
} from "../../support/fake-ports.ts";
import { mulberry32, seededIds } from "../../support/seeded-ids.ts";
import { deployedMachine } from "../capacity/system.ts";
import { VirtualTime } from "../capacity/virtual-time.ts";
import { countingBanks } from "./bank.ts";
import { FunctionDied, type Harm, runFunction } from "./runs.ts";

export interface WorldOptions {
  seed: number;
  harm: Harm;
  /** Banks with an outage are down for so long from the start. */
  downForMs?: number;
  /** How far the clocks of functions are wrong, at a time. */
  clockIsOffByMs?(at: number): number;
  /** Until when Step Functions does not go on with executions. */
  standsStillUntil?(at: number): number;
}

export const START_MS = Date.parse("2026-01-05T09:00:00.000Z");
const MINUTE_MS = 60_000;
const API_URL = "https://api.test";
/** The time-outs of the deployed functions. */
const API_LIMIT_MS = 29_000;
const TASK_LIMIT_MS = 180_000;
/** How many functions the account may run at once, by which the jobs of a bank that is back are woken. */
const CONCURRENCY = 1_000;
const IDS_AT_ONCE = 1_000;

export interface Seen {
  status: number;
  body: string;
}

/** The API, the workflow, the sweeper and the looks at banks, on a clock that skips all waiting. Anything may happen to each call. */
export function faultyWorld({ seed, harm, downForMs = 0, ...options }: WorldOptions) {
  const { clockIsOffByMs = () => 0, standsStillUntil = () => 0 } = options;
  const time = new VirtualTime(START_MS);
  const random = mulberry32(seed);
  const newId = idsFrom(seed);
  const clock = wrongClock(time, clockIsOffByMs);
  const banks = countingBanks({ now: () => time.now(), downUntil: START_MS + downForMs });
  const jobs = fakeJobStore(clock);
  const sealer = fakeSealer();
  const vault = fakeVault(clock, sealer);
  const workflow = runningWorkflow();
  /** What the workflow stored. */
  const payloads: string[] = [];

  const ports = {
    ...{ clock, jobs, sealer, vault },
    newId,
    policy: { queues: true, followLimitMs: 15 * MINUTE_MS, followSliceMs: 12_000 },
    claims: fakeClaims(),
    reservations: fakeReservations(clock),
    fingerprints: sealedFingerprints(sealer),
    refusedLogins: fakeRefusedLogins(clock),
    outages: fakeOutages(),
    requestCounts: fakeRequestCounts(),
    erasures: fakePorts().erasures,
    eventEraser: { erase: async () => undefined },
    linkEraser: { erase: async () => undefined },
    sweptJobs: fakeSweptJobs(jobs, clock),
    waiterSlots: fakeWaiterSlots(clock),
    upstream: banks.upstream,
    institutions: banks.upstream,
    ...workflow.ports,
  };
  type WorldPorts = typeof ports;

  const run = <Result>(limitMs: number, work: (ports: WorldPorts) => Promise<Result>) =>
    runFunction(ports, { time, random, harm, limitMs }, work);

  function runningWorkflow() {
    const { arn, definition, names } = deployedMachine();
    const tokens = new TaskTokens();
    const states = new Map<string, "running" | "ended">();
    const stops = new Map<string, AbortController>();
    const runner = stateMachineRunner({
      ...{ arn, definition, tokens, timeScale: 1, delay: time.delay },
      async invoke(functionArn, payload) {
        const leftMs = standsStillUntil(time.now()) - time.now();
        if (leftMs > 0) await time.sleep(leftMs);
        const name = names.get(functionArn) ?? "";
        payloads.push(JSON.stringify(payload));
        // A Task that ends its job does not stop its own execution.
        const result = await run(TASK_LIMIT_MS, async ({ executions: _, ...own }) =>
          tasksOf(own)[name]?.(payload),
        );
        payloads.push(JSON.stringify(result) ?? "");
        return result;
      },
    });
    async function execute(name: string, jobId: string): Promise<void> {
      const stop = new AbortController();
      states.set(name, "running");
      stops.set(name, stop);
      const history = new UnstoredHistory("");
      await runner({ executionArn: `${arn}:${name}`, name, input: { jobId }, stop: stop.signal, history });
      states.set(name, "ended");
      stops.delete(name);
    }
    const executions: Executions = {
      start: async (job) => {
        if (!states.has(executionName(job))) void execute(executionName(job), job.id);
      },
      state: async (job) => states.get(executionName(job)) ?? "missing",
      stop: async (job) => stops.get(executionName(job))?.abort(),
    };
    const waker: Waker = {
      wake: async (token, challengeNumber) => {
        try {
          tokens.succeed(token.reveal(), { challengeNumber });
        } catch {
          // The Task is over, which the real waker ignores too.
        }
      },
    };
    return { ports: { executions, waker }, states };
  }

  /** What a client gets: the reply of the function, or that of the gateway if the function died. */
  async function request(
    name: Parameters<typeof apiHandler>[0],
    event: Event,
    answer: (own: WorldPorts, request: HttpRequest) => ReturnType<Parameters<typeof apiHandler>[1]>,
  ): Promise<Seen> {
    try {
      const { statusCode, body } = await run(
        API_LIMIT_MS,
        (own): Promise<ApiResult> => apiHandler(name, (read) => answer(own, read))(eventOf(event)),
      );
      return { status: statusCode, body };
    } catch (error) {
      if (!(error instanceof FunctionDied)) throw error;
      return { status: 503, body: "{}" };
    }
  }

  const render = (accepted: { isNew: boolean; job: Job }) =>
    renderAccepted(accepted, { apiUrl: API_URL, stepResults: "object" });
  const shown = (job: Job) => tagged(renderJob(job, { apiUrl: API_URL, stepResults: "object" }));

  function post(own: WorldPorts, read: HttpRequest, userId: string, begin: Begin<WorldPorts>) {
    return takePost(own, userId, keyedRequest(read, userId), {
      run: async (jobId) => render(await begin({ ...own, newId: () => jobId })),
      begun: (job) => render({ isNew: true, job }),
    });
  }

  function everyMinute(work: () => Promise<unknown>): void {
    time.after(MINUTE_MS, () => {
      void work().catch(() => undefined);
      everyMinute(work);
    });
  }
  everyMinute(() => run(TASK_LIMIT_MS, (own) => sweepHandler((watch) => sweep(own, watch))()));
  everyMinute(() =>
    run(TASK_LIMIT_MS, (own) =>
      lookAtBanks({
        ...own,
        concurrency: CONCURRENCY,
        onRecord: async () => undefined,
        onFailedLook: () => undefined,
      }),
    ),
  );

  return {
    ...{ time, random, jobs, vault, banks, payloads },
    /** Whether nothing is left that the system has to do. */
    isQuiet: () =>
      [...jobs.rows.values()].every((job) => isFinished(job) && job.sweepAt === undefined) &&
      ![...workflow.states.values()].includes("running"),
    executionsRunning: () => [...workflow.states.values()].filter((state) => state === "running").length,
    create: (userId: string, bank: string, login: object, key: string | undefined) =>
      request(
        "create-connection",
        { parameters: { userId }, body: { ...login, institution: { id: bank } }, key },
        (own, read) => {
          const asked = parseConnectionRequest(read.jsonObject());
          return post(own, read, userId, (accepting) => acceptConnection(accepting, { userId, ...asked }));
        },
      ),
    refresh: (userId: string, connectionId: string, key: string | undefined) =>
      request("refresh-connection", { parameters: { userId, connectionId }, key }, (own, read) =>
        post(own, read, userId, (accepting) => refreshConnection(accepting, { userId, connectionId })),
      ),
    get: (jobId: string) =>
      request("get-job", { parameters: { jobId } }, async (own) =>
        whole(shown(await readJob(own, { jobId, caller: SERVER })), 200),
      ),
    answer: (jobId: string, answers: readonly string[]) =>
      request(
        "answer-mfa",
        { parameters: { jobId }, body: { "mfa-response": answers } },
        async (own, read) => {
          const asked = { jobId, caller: SERVER, answers: parseMfaRequest(read.jsonObject()) };
          return whole(shown(await answerAndWait(own, asked, DEFAULT_ANSWER_WAIT_SECONDS * 1000)), 202);
        },
      ),
    cancel: (jobId: string) =>
      request("cancel-job", { parameters: { jobId } }, async (own) =>
        stub(await cancelJob(own, { jobId, caller: SERVER })),
      ),
    resume: (jobId: string) =>
      request("resume-job", { parameters: { jobId } }, async (own) =>
        stub(await resumeJob(own, { jobId, caller: SERVER })),
      ),
  };
}

export type FaultyWorld = ReturnType<typeof faultyWorld>;

const SERVER = { scope: "SERVER_ACCESS", version: "3.0" } as const;
type Begin<Own> = (ports: Own) => Promise<{ isNew: boolean; job: Job }>;

const stub = (job: Job) => ({
  status: 202,
  body: renderJobStub(job, { apiUrl: API_URL, stepResults: "object" }),
});

class UnstoredHistory extends ExecutionHistory {
  override entered(): void {}
  override exited(): void {}
  override taskStarted(): void {}
  override taskSucceeded(): void {}
  override taskFailed(): void {}
}

function idsFrom(seed: number): () => string {
  let [batch, left] = [0, [] as string[]];
  return () => {
    if (left.length === 0) left = seededIds(seed * 1_000 + batch++, IDS_AT_ONCE);
    return left.pop() ?? "";
  };
}

/** The clock of functions, which may be wrong. Only those who wait have the right time. */
function wrongClock(time: VirtualTime, offByMs: (at: number) => number): Clock {
  const now = () => time.now() + offByMs(time.now());
  return {
    now: () => new Date(now()),
    after: (ms) => new Date(now() + ms),
    msUntil: (moment) => moment.getTime() - now(),
    span: (ms) => ms,
    sleep: (ms) => time.sleep(ms),
  };
}

interface Event {
  parameters: { readonly [name: string]: string };
  body?: object;
  key?: string | undefined;
}

function eventOf({ parameters, body, key }: Event) {
  return {
    rawPath: `/${Object.values(parameters).join("/")}`,
    pathParameters: parameters,
    requestContext: { http: { method: "POST", sourceIp: "192.0.2.1" } },
    headers: { "content-type": "application/json", ...(key !== undefined && { "idempotency-key": key }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

function tasksOf(ports: TaskPorts): { [name: string]: (payload: unknown) => Promise<unknown> } {
  type Following = typeof followJob | typeof openAndFollow | typeof sendAndFollow;
  const following = (name: "open-connection" | "follow-job" | "send-answer", run: Following) =>
    taskHandler(name, jobInput, followOutput, async (input) => ({
      jobId: input.jobId,
      ...(await run(ports, input)),
    }));
  return {
    "open-connection": following("open-connection", openAndFollow),
    "follow-job": following("follow-job", followJob),
    "send-answer": following("send-answer", sendAndFollow),
    "ask-for-answer": taskHandler("ask-for-answer", askInput, jobOutput, async (input) => {
      await askForAnswer(ports, input);
      return { jobId: input.jobId };
    }),
    "give-up": taskHandler("give-up", giveUpInput, jobOutput, async (input) => {
      await giveUp(ports, input);
      return { jobId: input.jobId };
    }),
  };
}

type TaskPorts = Parameters<typeof openAndFollow>[0] &
  Parameters<typeof sendAndFollow>[0] &
  Parameters<typeof askForAnswer>[0];
