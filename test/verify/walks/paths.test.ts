import { SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  DEFAULT_FOLLOW_SLICE_SECONDS,
  MAX_FOLLOW_LIMIT_MINUTES,
  waitSeconds,
} from "../../../functions/jobs/domain/following.ts";
import {
  type Entry,
  GIVEN_UP,
  OVER,
  PAUSE,
  partsOf,
  partsUsed,
  type Run,
  SAID,
  STATE_OF,
  statesOf,
  transitionsOf,
  WAIT,
} from "./definition.ts";
import { deployedWorkflow, workflowEndpoint } from "./deployed-workflow.ts";

const DAY = 24 * 3600;
/** Two hours are 7 ms, and the longest time-out of AWS is 100 s. */
const TIME_SCALE = 1e6;

const deployed = deployedWorkflow();
const { definition } = deployed;

/** What a function does in one call. */
type Turn =
  | { readonly returns: object }
  | { readonly throws: string }
  /** The user answers while the challenge is shown. */
  | { readonly answers: true };

/** The calls of a function in one stay in its state, with the facts that it gets beside the job's id. */
interface Calls {
  readonly entry: Entry;
  readonly turns: readonly Turn[];
  readonly facts: object;
}

interface Scenario {
  readonly title: string;
  /** The states in their order: a name, or the calls of the state's function. */
  readonly path: readonly (string | Calls)[];
  /** The error that the execution fails with. */
  readonly fails?: string;
}

const open = (...turns: Turn[]): Calls => ({ entry: "open-connection", turns, facts: {} });
const follow = (...turns: Turn[]): Calls => ({ entry: "follow-job", turns, facts: {} });
const send = (...turns: Turn[]): Calls => ({ entry: "send-answer", turns, facts: {} });
const giveUp = (failure: string, ...turns: Turn[]): Calls => ({
  entry: "give-up",
  turns,
  facts: { failure },
});
const TOKEN = { taskToken: expect.stringMatching(/^task-[\w-]{64}$/) };
const ask = (...turns: Turn[]): Calls => ({ entry: "ask-for-answer", turns, facts: TOKEN });

const gaveUp: Turn = { returns: {} };
const asked: Turn = { returns: {} };
const returnsNothing: Turn = { returns: {} };
const answered: Turn = { answers: true };
const done: Turn = { returns: { next: "done" } };
const paused: Turn = { returns: { next: "hold", waitSeconds: 3000 } };
const pausedForNoTime: Turn = { returns: { next: "hold" } };
const working: Turn = { returns: { next: "wait", waitSeconds: 15 } };
/** So long that it does not pass; AWS allows no more. */
const challenged: Turn = { returns: { next: "ask", timeoutSeconds: 99_999_999 } };
const challengedBriefly: Turn = { returns: { next: "ask", timeoutSeconds: 2 } };
const fails = (error: string, times = 1): Turn[] => Array.from({ length: times }, () => ({ throws: error }));

/** Each is retried; no Retrier has to retry more often than it may. */
const PASSING = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "UpstreamUnavailable",
  "JobChanged",
  "TaskFailed",
  "Lambda.Unknown",
  "Lambda.TooManyRequestsException",
].flatMap((error) => fails(error));
/** A function that reached its time-out, or that ended out of memory. */
const CUT_OFF = [...fails("Sandbox.Timedout"), ...fails("Runtime.ExitError")];

const withTroubles = (troubles: readonly Turn[]) => [
  open(...troubles, working),
  SAID,
  WAIT,
  follow(...troubles, challenged),
  SAID,
  ask(...troubles, answered),
  send(...troubles, done),
  SAID,
  OVER,
];

/** A job that is given up under the name of an error. */
const givenUp = (title: string, error: string, ...path: Scenario["path"]): Scenario => ({
  title,
  path: [...path, giveUp(error, gaveUp), GIVEN_UP],
  fails: "GivenUp",
});

const SCENARIOS: readonly Scenario[] = [
  { title: "A job ends when the bank is done within a slice", path: [open(done), SAID, OVER] },
  {
    title: "A job waits between the slices of a slow bank",
    path: [open(working), SAID, WAIT, follow(working), SAID, WAIT, follow(done), SAID, OVER],
  },
  {
    title: "A job is followed when functions of another version return no `next`",
    path: [open(returnsNothing), SAID, follow(done), SAID, OVER],
  },
  {
    title: "A job is opened when functions of another version return no time for a pause",
    path: [open(pausedForNoTime), SAID, open(paused), SAID, PAUSE, open(done), SAID, OVER],
  },
  {
    title: "An answer is sent when the user answers the challenge",
    path: [open(challenged), SAID, ask(answered), send(done), SAID, OVER],
  },
  {
    title: "The row decides when nobody answers the challenge in time",
    path: [open(challengedBriefly), SAID, ask(asked), send(done), SAID, OVER],
  },
  {
    title: "The user is asked again when the bank asks again after the answer",
    path: [
      ...[open(challenged), SAID, ask(answered), send(challenged), SAID, ask(answered), send(working)],
      ...[SAID, WAIT, follow(done), SAID, OVER],
    ],
  },
  {
    title: "A login is sent after a pause",
    path: [open(paused), SAID, PAUSE, open(done), SAID, OVER],
  },
  {
    title: "An answer is sent after a pause: the Task that opens connections finds it",
    path: [
      ...[open(challenged), SAID, ask(answered), send(paused), SAID, PAUSE, open(challenged), SAID],
      ...[ask(answered), send(done), SAID, OVER],
    ],
  },
  givenUp("A missing job is given up at once", "JobMissing", open(...fails("JobMissing"))),
  givenUp(
    "An aggregator without a usable reply is tried until the row ends the attempt, or 500 times",
    "UpstreamUnavailable",
    open(...fails("UpstreamUnavailable", 501)),
  ),
  givenUp(
    "An aggregator without a reply, and errors that may pass, are counted apart",
    "TaskFailed",
    open(
      ...fails("UpstreamUnavailable", 20),
      ...fails("TaskFailed", 6),
      ...fails("UpstreamUnavailable", 20),
      ...fails("TaskFailed"),
    ),
  ),
  givenUp(
    "A job that keeps changing is followed 6 times more, then given up",
    "JobChanged",
    ...[open(working), SAID, WAIT, follow(...fails("JobChanged", 7))],
  ),
  givenUp(
    "A job whose challenge cannot be shown is given up",
    "TaskFailed",
    ...[open(challenged), SAID, ask(...fails("TaskFailed", 7))],
  ),
  givenUp(
    "A job whose answer cannot be sent is given up, and its user is not asked again",
    "UpstreamUnavailable",
    ...[open(challenged), SAID, ask(answered), send(...fails("UpstreamUnavailable", 7))],
  ),
  givenUp(
    "An unexpected error is given up without another try",
    "SyntaxError",
    ...[open(working), SAID, WAIT, follow(...fails("SyntaxError"))],
  ),
  {
    title: "Giving up is itself tried 100 times more",
    path: [
      open(...fails("JobMissing")),
      giveUp("JobMissing", ...PASSING, ...fails("JobChanged", 50), ...fails("AnythingElse", 45), gaveUp),
      GIVEN_UP,
    ],
    fails: "GivenUp",
  },
  {
    title: "Giving up in vain ends the execution with the error",
    path: [open(...fails("JobMissing")), giveUp("JobMissing", ...fails("JobChanged", 101))],
    fails: "JobChanged",
  },
  { title: "Every Task is tried again after each error that may pass", path: withTroubles(PASSING) },
  { title: "Every Task is tried again after it was cut off", path: withTroubles(CUT_OFF) },
];

const withToken = z.object({ taskToken: z.string() });

interface ScriptedRun extends Run {
  readonly calls: readonly (readonly [entry: Entry, payload: unknown])[];
}

const callsIn = ({ path }: Scenario) => path.filter((step) => typeof step !== "string");

/** Runs one execution whose functions take the turns of the scenario, one call after the other. */
async function runScripted(jobId: string, scenario: Scenario): Promise<ScriptedRun> {
  const calls: [Entry, unknown][] = [];
  const turns = callsIn(scenario).flatMap((step) => step.turns);
  const run = await endpoint.run(jobId, async (entry, payload) => {
    const turn = turns[calls.push([entry, payload]) - 1] ?? { throws: "NotInTheScript" };
    if ("throws" in turn) throw Object.assign(new Error("As scripted."), { name: turn.throws });
    if ("returns" in turn) return { jobId, ...turn.returns };
    const { taskToken } = withToken.parse(payload);
    await endpoint.client.send(new SendTaskSuccessCommand({ taskToken, output: `{"challengeNumber":1}` }));
    return { jobId };
  });
  return { ...run, calls };
}

let endpoint: Awaited<ReturnType<typeof workflowEndpoint>>;
let runs: ScriptedRun[];
beforeAll(async () => {
  endpoint = await workflowEndpoint(deployed, TIME_SCALE);
  runs = await Promise.all(SCENARIOS.map((scenario, index) => runScripted(`job-${index}`, scenario)));
});
afterAll(() => endpoint.close());

test.each(SCENARIOS.map((scenario, index) => [scenario.title, scenario, index] as const))(
  "%s",
  (_, scenario, index) => {
    const run = runs[index];
    const { fails: error, path } = scenario;
    expect(run).toMatchObject({ status: error === undefined ? "Succeeded" : "Failed", error });
    const states = path.map((step) => (typeof step === "string" ? step : STATE_OF[step.entry]));
    expect(statesOf(run?.history ?? [])).toEqual(states);
    const calls = callsIn(scenario).flatMap(({ entry, facts, turns }) =>
      turns.map(() => [entry, { jobId: `job-${index}`, execution: `job-${index}-1`, ...facts }]),
    );
    expect(run?.calls).toEqual(calls);
    const retries = calls.length - callsIn(scenario).length;
    expect(transitionsOf(run?.history ?? [])).toBe(states.length + retries);
  },
);

test("Each try to show a challenge has a token of its own", () => {
  const tokens = runs
    .flatMap(({ calls }) => calls)
    .filter(([entry]) => entry === "ask-for-answer")
    .map(([, payload]) => JSON.stringify(payload));
  expect(tokens.length).toBeGreaterThan(1);
  expect(new Set(tokens).size).toBe(tokens.length);
});

describe("the scenarios", () => {
  const unused = (some: readonly ScriptedRun[]) => {
    const used = new Set(some.flatMap((run) => [...partsUsed(definition, run)]));
    return partsOf(definition).filter((part) => !used.has(part));
  };

  test("go through every state, branch, Retrier and Catcher of the definition", () => {
    expect(unused(runs)).toEqual([]);
  });

  test("leave out nothing by accident: a plain job goes through four of the parts", () => {
    expect(unused(runs.slice(0, 1))).toHaveLength(partsOf(definition).length - 4);
  });
});

/** AWS ends an execution whose history has more events. */
const MAX_EVENTS = 25_000;

test.each([DEFAULT_FOLLOW_SLICE_SECONDS, 0])(
  "A job that waits for another job and is then followed, in slices of %d s and each for the longest time, leaves a fifth of the events of an execution",
  (sliceSeconds) => {
    const slow = SCENARIOS.findIndex(({ title }) => title.startsWith("A job waits between the slices"));
    const events = runs[slow]?.history ?? [];
    // From one wait to the next: what each further slice adds.
    const [first = 0, second = 0] = events.flatMap(({ type, id }) =>
      type === "WaitStateEntered" ? [id] : [],
    );
    let rounds = 0;
    const limitMs = MAX_FOLLOW_LIMIT_MINUTES * 60_000;
    for (let followedMs = 0; followedMs < limitMs; rounds++) {
      const sliceEndMs = followedMs + sliceSeconds * 1000;
      followedMs = sliceEndMs + waitSeconds(sliceEndMs) * 1000;
    }
    expect(second - first).toBe(9);
    expect(2 * rounds * (second - first)).toBeLessThan(0.8 * MAX_EVENTS);
  },
);

describe("the definition", () => {
  const states = Object.entries(definition.States);

  test("has waits of the length that the job's function returns, and does not wait for a bank that is down", () => {
    const waits = states.filter(([, { Type }]) => Type === "Wait");
    for (const [, wait] of waits) expect(wait).toMatchObject({ SecondsPath: "$.waitSeconds" });
    const intervals = states.flatMap(([, { Retry }]) => Retry.map((one) => one.IntervalSeconds));
    expect(Math.max(...intervals)).toBe(5);
  });

  test("tries to give up for about a day, and not for longer than an execution may take", () => {
    const {
      IntervalSeconds = 0,
      BackoffRate = 1,
      MaxAttempts = 0,
      MaxDelaySeconds = 0,
    } = definition.States["Give up"]?.Retry.at(-1) ?? {};
    const delays = Array.from({ length: MaxAttempts }, (_, index) =>
      Math.min(IntervalSeconds * BackoffRate ** index, MaxDelaySeconds),
    );
    const total = delays.reduce((sum, delay) => sum + delay, 0);
    expect(total).toBeGreaterThan(0.9 * DAY);
    // A login waits for another job, and then its own job is followed.
    expect(2 * MAX_FOLLOW_LIMIT_MINUTES * 60 + total).toBeLessThan(definition.TimeoutSeconds);
  });

  test("ends every Task but the last one in giving up, whatever fails", () => {
    const others = states.filter(([name, { Type }]) => Type === "Task" && name !== "Give up");
    expect(others).toHaveLength(4);
    for (const [name, { Catch }] of others) {
      expect([name, Catch.at(-1)]).toEqual([name, { ErrorEquals: ["States.ALL"], Next: "Give up" }]);
    }
  });
});
