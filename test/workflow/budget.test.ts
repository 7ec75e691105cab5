import { afterEach, describe, expect, test, vi } from "vitest";
import { deployedWorkflow, workflowEndpoint } from "./deployed-workflow.ts";
import { ASK, HOLD, OPEN, OVER, SAID, SEND } from "./scenario.ts";
import type { BankBehaviour } from "./timed-bank.ts";
import { statesOf, transitionsOf } from "./transitions-of.ts";
import { useCaseTasks } from "./use-case-tasks.ts";

vi.stubEnv("LOG_LEVEL", "error");

const deployed = deployedWorkflow();
const closers: (() => Promise<void>)[] = [];
const HOUR_MS = 3600 * 1000;
/** The attempts of one outage are spread over it. */
const SPREAD_MS = 60_000;
/** Within it a refused login may only have met a restart. */
const FIRST_ATTEMPT_MS = 120_000;
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

describe("a job that is queued for 7 days at a bank that stays down", () => {
  const WEEK_MS = 84 * 2 * HOUR_MS;

  test.each([
    ["by record" as const, 1, WEEK_MS],
    // The record says that all is well: a first login that was refused, and is tried again within a minute, was a try.
    ["by refusing" as const, 85, WEEK_MS - 4 * 2 * HOUR_MS],
    ["by failing" as const, 85, WEEK_MS],
    ["by queueing" as const, 1, WEEK_MS],
  ])("%s keeps its budget with %i logins", async (down, logins, heldMs) => {
    const run = await runJob({ down }, SKIPS_THE_QUEUE);
    expect(run).toMatchObject({ status: "Succeeded", job: { phase: "failed", attempt: 85 } });
    expect(run.job.steps[0]).toMatchObject({ status: "failed", result: { code: "temporary-unavailable" } });
    expect(run.states).toEqual([OPEN, SAID, HOLD, OPEN, SAID, OVER]);
    expect(run.transitions).toBe(run.states.length + 83);
    expect(run.transitions).toBeLessThanOrEqual(95);
    expect(run.history).toHaveLength(eventsOnAws(run));
    expect(run.history.length).toBeLessThanOrEqual(400);
    expect(run.logins).toHaveLength(logins);
    expect(run.logins.length).toBeLessThanOrEqual(85);
    expect(run.secretsLeft).toEqual([]);
    expect(run.tookMs).toBeGreaterThanOrEqual(heldMs);
    expect(run.tookMs).toBeLessThan(heldMs + FIRST_ATTEMPT_MS + SPREAD_MS);
  });

  test("that asks for a code by every login gets one, and no more until somebody is there", async () => {
    const run = await runJob({ down: "by failing", asks: true }, SKIPS_THE_QUEUE);
    expect(run).toMatchObject({ job: { phase: "failed", attempt: 85 }, transitions: 6 + 83 });
    expect(run.logins).toHaveLength(1);
  });

  test("and comes back at the last attempt succeeds", async () => {
    const run = await runJob({ down: "by record", downForMs: WEEK_MS }, SKIPS_THE_QUEUE);
    expect(run).toMatchObject({ status: "Succeeded", job: { phase: "succeeded", attempt: 85 } });
    expect(run.logins).toHaveLength(2);
    expect(run.secretsLeft).toEqual([]);
  });
});

/**
 * The start and the end; each state is entered and left; each run of a Task that is a function is scheduled, started, and
 * succeeds or fails.
 */
function eventsOnAws({ states, history }: Awaited<ReturnType<typeof runJob>>): number {
  const runs = history.filter(({ type }) => type === "TaskScheduled").length;
  return 2 + 2 * states.length + 3 * runs;
}
