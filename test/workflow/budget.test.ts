import { afterEach, describe, expect, test, vi } from "vitest";
import { deployedWorkflow, workflowEndpoint } from "./deployed-workflow.ts";
import { ASK, GIVE_UP, GIVEN_UP, HOLD, OPEN, OVER, SAID, SEND } from "./scenario.ts";
import type { BankBehaviour } from "./timed-bank.ts";
import { statesOf, transitionsOf } from "./transitions-of.ts";
import { useCaseTasks } from "./use-case-tasks.ts";

vi.stubEnv("LOG_LEVEL", "error");

const deployed = deployedWorkflow();
const closers: (() => Promise<void>)[] = [];
const DAY_MS = 24 * 3600 * 1000;
/** The last attempt is given up as soon as it fails; the time of the one hold is not in the clock. */
const QUEUE_SLACK_MS = 2 * 3600 * 1000;
/** Leaves the callback twelve seconds for an answer that comes at once. */
const ANSWERABLE = 10;
/** Makes two hours a millisecond. */
const SKIPS_THE_QUEUE = 1e7;

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A job of a user through the real use cases, whose clock moves only while they sleep. */
async function runJob(behaviour: BankBehaviour, timeScale: number) {
  const endpoint = await workflowEndpoint(deployed, timeScale);
  closers.push(endpoint.close);
  const tasks = useCaseTasks(endpoint, behaviour);
  const { id } = await tasks.accept();
  const startedAt = tasks.clock.now().getTime();
  const run = await endpoint.run(id, tasks.invoke);
  return {
    ...run,
    states: statesOf(run.history),
    transitions: transitionsOf(run.history),
    job: tasks.jobs.row(id),
    secretsLeft: tasks.vault.names(),
    logins: tasks.logins,
    tookMs: tasks.clock.now().getTime() - startedAt,
  };
}

test("a plain job of 10 s takes at most 4 transitions", async () => {
  const run = await runJob({}, ANSWERABLE);
  expect(run).toMatchObject({ status: "Succeeded", job: { phase: "succeeded" }, tookMs: 10_000 });
  expect(run.states).toEqual([OPEN, SAID, OVER]);
  expect(run.transitions).toBeLessThanOrEqual(4);
  expect(run.secretsLeft).toEqual([]);
});

test("a job with a challenge, 2 s to it and 4 s after it, takes at most 8 transitions", async () => {
  const run = await runJob({ asks: true }, ANSWERABLE);
  expect(run).toMatchObject({ status: "Succeeded", job: { phase: "succeeded" }, tookMs: 6_000 });
  expect(run.states).toEqual([OPEN, SAID, ASK, SEND, SAID, OVER]);
  expect(run.transitions).toBeLessThanOrEqual(8);
  expect(run.secretsLeft).toEqual([]);
});

describe("a job at an institution that stays down for 7 days", () => {
  test.each([
    ["refuses" as const, [OPEN, GIVE_UP, GIVEN_UP]],
    ["fails" as const, [OPEN, SAID, HOLD, OPEN, GIVE_UP, GIVEN_UP]],
  ])("and %s logins takes at most 95 transitions and 400 events", async (down, states) => {
    const run = await runJob({ down }, SKIPS_THE_QUEUE);
    expect(run.states).toEqual(states);
    expect(run.transitions).toBeLessThanOrEqual(95);
    expect(run.history.length).toBeLessThanOrEqual(400);
    expect(run).toMatchObject({ status: "Failed", error: "GivenUp", job: { phase: "failed", attempt: 85 } });
    expect(run.job.steps[0]).toMatchObject({ status: "failed", result: { code: "temporary-unavailable" } });
    expect(run.secretsLeft).toEqual([]);
    expect(run.logins).toHaveLength(1);
    expect(run.tookMs).toBeGreaterThanOrEqual(7 * DAY_MS - QUEUE_SLACK_MS);
  });
});
