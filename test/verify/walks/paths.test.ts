import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  DEFAULT_FOLLOW_SLICE_SECONDS,
  MAX_FOLLOW_LIMIT_MINUTES,
  waitSeconds,
} from "../../../functions/jobs/domain/following.ts";
import { partsOf, partsUsed, STATE_OF, statesOf, transitionsOf } from "./definition.ts";
import { deployedWorkflow, workflowEndpoint } from "./deployed-workflow.ts";
import { callsIn, runScripted, SCENARIOS, type ScriptedRun } from "./scenarios.ts";

const DAY = 24 * 3600;
/** Two hours are 7 ms, and the longest time-out of AWS is 100 s. */
const TIME_SCALE = 1e6;

const deployed = deployedWorkflow();
const { definition } = deployed;

let endpoint: Awaited<ReturnType<typeof workflowEndpoint>>;
let runs: ScriptedRun[];
beforeAll(async () => {
  endpoint = await workflowEndpoint(deployed, TIME_SCALE);
  runs = await Promise.all(
    SCENARIOS.map((scenario, index) => runScripted(endpoint, `job-${index}`, scenario)),
  );
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
