import * as z from "zod";
import { apiHandler } from "../../../functions/http/api-handler.ts";
import { tagged, whole } from "../../../functions/http/etag.ts";
import type { ApiResult } from "../../../functions/http/request.ts";
import { type EndedAttempt, endedAttempt } from "../../../functions/institutions/domain/attempt.ts";
import { type InstitutionState, unknownState } from "../../../functions/institutions/domain/state.ts";
import { type CountDeps, countAttempts } from "../../../functions/institutions/use-cases/count-attempts.ts";
import { renderAccepted, renderJob } from "../../../functions/jobs/api/replies.ts";
import {
  keyedRequest,
  parseConnectionRequest,
  parseMfaRequest,
} from "../../../functions/jobs/api/requests.ts";
import { DEFAULT_ANSWER_WAIT_SECONDS } from "../../../functions/jobs/domain/challenge.ts";
import { isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import type { Executions, Waker } from "../../../functions/jobs/domain/ports.ts";
import type { Policy } from "../../../functions/jobs/domain/queue.ts";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { answerAndWait } from "../../../functions/jobs/use-cases/answer-challenge.ts";
import { askForAnswer } from "../../../functions/jobs/use-cases/ask-for-answer.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { giveUp } from "../../../functions/jobs/use-cases/end-job.ts";
import { followJob } from "../../../functions/jobs/use-cases/follow-job.ts";
import { takePost } from "../../../functions/jobs/use-cases/once-per-key.ts";
import { openAndFollow } from "../../../functions/jobs/use-cases/open-connection.ts";
import { readJob } from "../../../functions/jobs/use-cases/read-job.ts";
import { sendAndFollow } from "../../../functions/jobs/use-cases/send-answer.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import {
  askInput,
  followOutput,
  giveUpInput,
  jobInput,
  jobOutput,
  taskHandler,
} from "../../../functions/jobs/workflow/handlers.ts";
import { ExecutionHistory } from "../../../infra/local/step-functions/execution-history.ts";
import { stateMachineRunner } from "../../../infra/local/step-functions/interpreter.ts";
import { TaskTokens } from "../../../infra/local/step-functions/task-tokens.ts";
import { deploy } from "../../../infra/local/template/deployed.ts";
import { parseTemplate } from "../../../infra/local/template/template.ts";
import { synthesizedTemplate } from "../../infra/synthesized.ts";
import { assumptions } from "../bench/prices.ts";
import { Account, ThrottlingException, TooManyRequestsException } from "./account.ts";
import { workingBanks } from "./bank.ts";
import { countedPorts } from "./counted-ports.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface SystemOptions {
  time: VirtualTime;
  seed: number;
  /** Lambda's concurrent executions. */
  concurrency: number;
  /** How many jobs may run at once; undefined: as many as come. */
  maxRunning?: number | undefined;
  followSliceSeconds: number;
  waiters: number;
  /** By function, the concurrent executions that are reserved for it. */
  reserved?: Readonly<Record<string, number>>;
  onEnd(job: Job): void;
}

const MINUTE_MS = 60_000;
/** An ended job is forgotten when no client can ask for it any more. */
const FORGET_MS = 5 * MINUTE_MS;
/** A new table has four partitions, and its stream a shard for each. Lambda runs one function for each shard at a time. */
const STREAM_SHARDS = 4;
const BATCH = 100;
/** AWS does not say how soon Lambda tries again to pass on records after throttling. An assumption. */
const STREAM_RETRY_MS = 1_000;
/** The row of an event, up to 1 kB. Its entries in two indexes take as much again. */
const EVENT_UNITS = 1;
/** Lambda repeats an asynchronous invocation that was throttled after 1 s, then after longer and longer, up to 5 minutes. */
const ASYNC_RETRY_MS = { first: 1_000, most: 5 * MINUTE_MS };
const API_URL = "https://api.test";

/** Counts what AWS charges for, and stores nothing: each state entered, and each retry. */
class CountedHistory extends ExecutionHistory {
  transitions = 0;
  #tries = 0;

  override entered(): void {
    this.transitions += 1;
    this.#tries = 0;
  }
  override exited(): void {}
  override taskStarted(): void {
    if (this.#tries++ > 0) this.transitions += 1;
  }
  override taskSucceeded(): void {}
  override taskFailed(): void {}
}

const namedJob = z.looseObject({ jobId: z.string() });

export function deployedMachine() {
  const template = parseTemplate(synthesizedTemplate());
  const { stateMachines, functions } = deploy(template, { apiUrl: API_URL });
  const [machine] = stateMachines;
  if (machine === undefined) throw new Error("There is no state machine.");
  const names = functions.map(({ arn, entry }) => [arn, entry.replace(/^.*\/|\.lambda\.ts$/g, "")] as const);
  return { arn: machine.arn, definition: machine.definition, names: new Map(names) };
}

/** What a client gets. A reply of the gateway itself has no `Retry-After`. */
export interface SeenReply {
  status: number;
  retryAfterSeconds: number | undefined;
  body: string;
  /** Whether the gateway replied in place of a function. */
  isOfGateway: boolean;
}

/** The API, the workflow, the stream and the sweeper of a deployment, on the quotas of an account and a clock of their own. */
export function simulatedSystem(options: SystemOptions) {
  const { time, seed, concurrency, reserved } = options;
  const account = new Account(time, { concurrency, seed, ...(reserved && { reserved }) });
  const banks = workingBanks(time);
  const policy: Policy = {
    queues: true,
    followLimitMs: 15 * MINUTE_MS,
    followSliceMs: options.followSliceSeconds * 1000,
  };
  const stream = simulatedStream(time, account);
  const store = countedPorts({
    time,
    account,
    policy,
    waiters: options.waiters,
    onChange(before, after, events) {
      stream.put({ jobId: after.id, events, attempt: endedAttempt(before, after) });
      if (!isFinished(after) || isFinished(before)) return;
      options.onEnd(after);
      time.after(FORGET_MS, () => forget(after));
    },
  });
  const { executions, waker, transitions } = simulatedWorkflow(time, account, (name, payload) =>
    tasks[name]?.(payload),
  );
  const newId = store.ids(seed);
  const ports = {
    ...store.ports,
    newId,
    maxRunning: options.maxRunning,
    executions,
    waker,
    upstream: banks.upstream,
    institutions: banks.upstream,
  };
  const tasks = taskHandlers(ports);

  function forget(job: Job): void {
    store.forget(store.rows.get(job.id) ?? job);
    banks.forget(job.userId);
  }

  const render = (accepted: { isNew: boolean; job: Job }) =>
    renderAccepted(accepted, { apiUrl: API_URL, stepResults: "object" });
  const idleMemories: { fullUntil?: Date }[] = [];
  const create = apiHandler("create-connection", async (request) => {
    const userId = request.parameter("userId");
    const asked = parseConnectionRequest(request.jsonObject());
    const { institutionId } = asked;
    // An instance serves one request at a time. The one that has been idle for longest is the next: it remembers least.
    const roomMemory = idleMemories.shift() ?? {};
    const deps = { ...ports, roomMemory };
    try {
      return await takePost(deps, userId, keyedRequest(request, userId), {
        ...(institutionId !== undefined && { claim: { userId, institutionId } }),
        run: async (jobId) =>
          render(await acceptConnection({ ...deps, newId: () => jobId }, { userId, ...asked })),
        begun: (job) => render({ isNew: true, job }),
      });
    } finally {
      idleMemories.push(roomMemory);
    }
  });
  const get = apiHandler("get-job", async (request) => {
    const job = await readJob(ports, { jobId: request.parameter("jobId"), caller: SERVER });
    return whole(tagged(renderJob(job, { apiUrl: API_URL, stepResults: "object" })), 200);
  });
  const answer = apiHandler("answer-mfa", async (request) => {
    const answers = parseMfaRequest(request.jsonObject());
    const asked = { jobId: request.parameter("jobId"), caller: SERVER, answers };
    const job = await answerAndWait(ports, asked, DEFAULT_ANSWER_WAIT_SECONDS * 1000);
    return whole(tagged(renderJob(job, { apiUrl: API_URL, stepResults: "object" })), 202);
  });

  /** What API Gateway does with a request, by its quotas and those of Lambda. */
  async function request(name: string, handler: Handler, event: object): Promise<SeenReply> {
    const isWithin = account.bucket("gateway, account").take() && account.bucket("gateway, stage").take();
    if (!isWithin) return ofGateway(429, "Too Many Requests");
    try {
      const { statusCode, headers, body } = await account.invoke(name, () => handler(event));
      const after = headers["retry-after"];
      return {
        status: statusCode,
        retryAfterSeconds: after === undefined ? undefined : Number(after),
        body,
        isOfGateway: false,
      };
    } catch (error) {
      if (!(error instanceof TooManyRequestsException)) throw error;
      return ofGateway(503, "Service Unavailable");
    }
  }

  async function sweepEachMinute(): Promise<void> {
    time.after(MINUTE_MS, () => void sweepEachMinute());
    for (let pauseMs = ASYNC_RETRY_MS.first; ; pauseMs = Math.min(2 * pauseMs, ASYNC_RETRY_MS.most)) {
      try {
        await account.invoke("sweep", () => sweep(ports));
        return;
      } catch (error) {
        // The next sweep begins in a minute.
        if (error instanceof ThrottlingException) return;
        if (!(error instanceof TooManyRequestsException)) throw error;
        await time.sleep(pauseMs);
      }
    }
  }
  time.after(MINUTE_MS, () => void sweepEachMinute());
  // Windows of request counts end by themselves in DynamoDB.
  const forgetCounts = () => {
    store.forgetCounts();
    time.after(10 * MINUTE_MS, forgetCounts);
  };
  time.after(10 * MINUTE_MS, forgetCounts);

  return {
    account,
    rows: store.rows,
    secrets: store.secrets,
    logins: banks.logins,
    transitions,
    streamLag: stream.waiting,
    post: (userId: string, institutionId: string) =>
      request("create-connection", create, {
        ...eventOf("POST", `/users/${userId}/connections`, { userId }),
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          loginId: "gavinBelson",
          password: "hooli2016",
          institution: { id: institutionId },
        }),
      }),
    get: (jobId: string) => request("get-job", get, eventOf("GET", `/jobs/${jobId}`, { jobId })),
    answer: (jobId: string) =>
      request("answer-mfa", answer, {
        ...eventOf("POST", `/jobs/${jobId}/mfa`, { jobId }),
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ "mfa-response": ["1234"] }),
      }),
  };
}

export type SimulatedSystem = ReturnType<typeof simulatedSystem>;

const SERVER = { scope: "SERVER_ACCESS", version: "3.0" } as const;
type Handler = (event: unknown) => Promise<ApiResult>;

function ofGateway(status: number, message: string): SeenReply {
  return { status, retryAfterSeconds: undefined, body: JSON.stringify({ message }), isOfGateway: true };
}

function eventOf(method: string, rawPath: string, pathParameters: Record<string, string>) {
  return { rawPath, pathParameters, requestContext: { http: { method, sourceIp: "192.0.2.1" } } };
}

type TaskPorts = Parameters<typeof openAndFollow>[0] &
  Parameters<typeof sendAndFollow>[0] &
  Parameters<typeof askForAnswer>[0];

function taskHandlers(ports: TaskPorts): { [name: string]: (payload: unknown) => Promise<unknown> } {
  type Following = typeof followJob | typeof openAndFollow | typeof sendAndFollow;
  const following = (name: "open-connection" | "follow-job" | "send-answer", run: Following) =>
    taskHandler(name, jobInput, followOutput, async ({ jobId }) => ({
      jobId,
      ...(await run(ports, { jobId })),
    }));
  return {
    "open-connection": following("open-connection", openAndFollow),
    "follow-job": following("follow-job", followJob),
    "send-answer": following("send-answer", sendAndFollow),
    "ask-for-answer": taskHandler("ask-for-answer", askInput, jobOutput, async (input) => {
      await askForAnswer(ports, input);
      return input;
    }),
    "give-up": taskHandler("give-up", giveUpInput, jobOutput, async (input) => {
      await giveUp(ports, input);
      return input;
    }),
  };
}

/** The synthesized state machine in local mode's interpreter, with the quotas of Step Functions. */
function simulatedWorkflow(
  time: VirtualTime,
  account: Account,
  run: (name: string, payload: unknown) => Promise<unknown> | undefined,
) {
  const { arn, definition, names } = deployedMachine();
  const tokens = new TaskTokens();
  const histories = new Map<string, CountedHistory>();
  const states = new Map<string, "running" | "ended">();
  const stops = new Map<string, AbortController>();
  let transitions = 0;

  /** Step Functions delays an execution while the account has no transitions left. */
  async function waitForTransitions(jobId: string): Promise<void> {
    const history = histories.get(jobId);
    const entered = history?.transitions ?? 0;
    if (history !== undefined) history.transitions = 0;
    transitions += entered;
    const waitMs = account.bucket("StateTransition").reserve(entered);
    if (waitMs > 0) await time.sleep(waitMs);
  }

  const runner = stateMachineRunner({
    arn,
    definition,
    tokens,
    timeScale: 1,
    delay: time.delay,
    async invoke(functionArn, payload) {
      await waitForTransitions(namedJob.parse(payload).jobId);
      const name = names.get(functionArn) ?? "";
      return account.invoke(name, async () => run(name, payload));
    },
  });

  async function execute(name: string, jobId: string): Promise<void> {
    const stop = new AbortController();
    const history = new CountedHistory("");
    histories.set(jobId, history);
    states.set(name, "running");
    stops.set(name, stop);
    await runner({ executionArn: `${arn}:${name}`, name, input: { jobId }, stop: stop.signal, history });
    states.set(name, "ended");
    stops.delete(name);
    await waitForTransitions(jobId);
    if (histories.get(jobId) === history) histories.delete(jobId);
    time.after(FORGET_MS, () => states.delete(name));
  }

  const executions: Executions = {
    start: (job) =>
      account.call({ StartExecution: 1 }, () => {
        if (!states.has(executionName(job))) void execute(executionName(job), job.id);
      }),
    state: (job) => account.call({ DescribeExecution: 1 }, () => states.get(executionName(job)) ?? "missing"),
    stop: (job) => account.call({ StopExecution: 1 }, () => stops.get(executionName(job))?.abort()),
  };
  const waker: Waker = {
    wake: (token, challengeNumber) =>
      account.call({ SendTaskSuccess: 1 }, () => {
        try {
          tokens.succeed(token.reveal(), { challengeNumber });
        } catch {
          // The Task is over, which the real waker ignores too.
        }
      }),
  };
  return { executions, waker, transitions: () => transitions };
}

/** A record of the stream. */
interface StreamRecord {
  jobId: string;
  events: number;
  attempt: EndedAttempt | undefined;
}

/** Counts the attempts at banks, as the function does that makes events. */
function simulatedCounts(account: Account): CountDeps {
  const states = new Map<string, InstitutionState>();
  const noEffect = () => undefined;
  return {
    traffic: { count: () => account.call({ "events table, writes": 1 }, noEffect) },
    states: {
      find: (bank) => account.call({}, () => states.get(bank) ?? unknownState(bank)),
      write: (after, { version }) =>
        account.call({ "events table, writes": 1 }, () => {
          const isUnchanged = (states.get(after.institutionId)?.version ?? 0) === version;
          if (isUnchanged) states.set(after.institutionId, after);
          return isUnchanged;
        }),
    },
    announce: async () => undefined,
    onCounted: noEffect,
    onNotCounted: noEffect,
  };
}

/** The stream of the jobs table and the function that makes events from it. */
function simulatedStream(time: VirtualTime, account: Account) {
  const { awsCallMs } = assumptions;
  const counts = simulatedCounts(account);
  const shards = Array.from({ length: STREAM_SHARDS }, () => ({
    waiting: [] as StreamRecord[],
    isRunning: false,
  }));

  /** The rows of different jobs at the same time: whether the user was erased, then each event, then the webhooks. */
  async function store(batch: readonly StreamRecord[]): Promise<void> {
    const rows = Map.groupBy(batch, ({ jobId }) => jobId);
    await Promise.all(
      [...rows.values()].map(async (records) => {
        const events = records.reduce((sum, record) => sum + record.events, 0);
        if (events > 0) await account.call({ "jobs table, reads": 0.5 }, () => undefined);
        for (let event = 0; event < events; event++) {
          const units = { "events table, writes": 2 * EVENT_UNITS, "index by-time, writes": EVENT_UNITS };
          await account.call(units, () => undefined);
        }
        if (events > 0) await time.sleep(awsCallMs.value / 2);
      }),
    );
    await countAttempts(
      counts,
      batch.flatMap(({ attempt }) => attempt ?? []),
    );
  }

  async function pass(shard: (typeof shards)[number]): Promise<void> {
    if (shard.isRunning) return;
    shard.isRunning = true;
    while (shard.waiting.length > 0) {
      const batch = shard.waiting.slice(0, BATCH);
      try {
        await account.invoke("store-events", () => store(batch));
        shard.waiting.splice(0, batch.length);
      } catch {
        await time.sleep(STREAM_RETRY_MS);
      }
    }
    shard.isRunning = false;
  }

  return {
    put(record: StreamRecord): void {
      const shard = shards[Number.parseInt(record.jobId.slice(0, 2), 16) % STREAM_SHARDS];
      if (shard === undefined) return;
      shard.waiting.push(record);
      void pass(shard);
    },
    /** How many records wait. */
    waiting: () => shards.reduce((sum, { waiting }) => sum + waiting.length, 0),
  };
}
