import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { partsOf, partsUsed } from "./definition-parts.ts";
import { deployedWorkflow, workflowEndpoint } from "./deployed-workflow.ts";
import { FAILURES } from "./scenarios-of-failures.ts";
import { JOURNEYS } from "./scenarios-of-journeys.ts";
import { PASSING_ERRORS } from "./scenarios-of-passing-errors.ts";
import { runScripted, type ScriptedRun } from "./scripted-run.ts";
import { statesOf, transitionsOf } from "./transitions-of.ts";

/** Every wait takes a millisecond or two, and the longest time-out of AWS ten seconds. */
const TIME_SCALE = 1e7;

const scenarios = [...JOURNEYS, ...FAILURES, ...PASSING_ERRORS];
const numbered = scenarios.map((scenario, index) => [scenario.title, scenario, index] as const);
const deployed = deployedWorkflow();
const { definition } = deployed;
let endpoint: Awaited<ReturnType<typeof workflowEndpoint>>;
let runs: ScriptedRun[];

beforeAll(async () => {
  endpoint = await workflowEndpoint(deployed, TIME_SCALE);
  runs = await Promise.all(
    scenarios.map((scenario, index) => runScripted(endpoint, `job-${index}`, scenario)),
  );
});

afterAll(() => endpoint.close());

describe("the workflow goes through its states and calls its functions in order:", () => {
  test.each(numbered)("%s", (_, scenario, index) => {
    const run = runs[index];
    expect(run).toMatchObject({ status: scenario.fails === undefined ? "Succeeded" : "Failed" });
    expect(run?.error).toBe(scenario.fails);
    expect(statesOf(run?.history ?? [])).toEqual(scenario.states);
    expect(run?.calls).toEqual(
      scenario.calls.map(([entry, facts]) => [entry, { jobId: `job-${index}`, ...facts }]),
    );
    expect(transitionsOf(run?.history ?? [])).toBe(scenario.states.length + (scenario.retries ?? 0));
  });
});

describe("the budget of transitions:", () => {
  const transitionsFor = (title: RegExp) => {
    const found = numbered.filter(([name]) => title.test(name));
    expect(found).toHaveLength(1);
    return transitionsOf(runs[found[0]?.[2] ?? -1]?.history ?? []);
  };

  test("no MFA, and the bank is done within a slice: at most 4", () => {
    expect(transitionsFor(/done within a slice/)).toBeLessThanOrEqual(4);
  });

  test("MFA, answered: at most 8", () => {
    expect(transitionsFor(/challenge that is answered/)).toBeLessThanOrEqual(8);
  });

  test("7 days in the queue: at most 95", () => {
    expect(transitionsFor(/stays down is tried 84 times/)).toBeLessThanOrEqual(95);
  });
});

test("every answer wakes the Task under a token of its own", () => {
  const tokens = runs
    .flatMap(({ calls }) => calls)
    .filter(([entry]) => entry === "ask-for-answer")
    .map(([, payload]) => JSON.stringify(payload));
  expect(tokens.length).toBeGreaterThan(1);
  expect(new Set(tokens).size).toBe(tokens.length);
});

describe("these scenarios", () => {
  const unused = (some: readonly ScriptedRun[]) => {
    const used = new Set(some.flatMap((run) => [...partsUsed(definition, run)]));
    return partsOf(definition).filter((part) => !used.has(part));
  };

  test("go through every state, branch, retrier and catcher of the definition", () => {
    expect(unused(runs)).toEqual([]);
  });

  test("would be missed if they were not there", () => {
    expect(new Set(partsOf(definition)).size).toBe(10 + 6 + 18 + 5);
    expect(unused(runs.slice(0, 1))).toHaveLength(10 + 6 + 18 + 5 - 3 - 1);
    expect(unused(runs.slice(0, JOURNEYS.length))).toContain("Ask for the answer, catcher 2");
  });
});
