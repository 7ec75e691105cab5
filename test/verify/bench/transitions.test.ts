import { afterEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import {
  ASK,
  FOLLOW,
  HOLD,
  OPEN,
  OVER,
  parseDefinition,
  SAID,
  SEND,
  statesOf,
  transitionsOf,
} from "../walks/definition.ts";
import { deployedWorkflow, workflowEndpoint } from "../walks/deployed-workflow.ts";
import { type BankBehaviour, useCaseTasks } from "./use-case-tasks.ts";

vi.stubEnv("LOG_LEVEL", "error");

const today = deployedWorkflow();
const closers: (() => Promise<void>)[] = [];
const TWO_HOURS_MS = 2 * 3600 * 1000;
/** The attempts of one outage are spread over it. */
const SPREAD_MS = 60_000;
/** Within it a refused login may only have met a restart. */
const FIRST_ATTEMPT_MS = 120_000;
/** The callback waits two minutes for an answer that comes at once. */
const ANSWERABLE = 1;
/** Makes two hours a millisecond. */
const SKIPS_THE_QUEUE = 1e7;

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A job of a user through the real use cases, whose clock moves only while they sleep. */
async function runJob(behaviour: BankBehaviour, timeScale: number, deployed = today) {
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
    logins: tasks.logins.length,
    tookMs: tasks.clock.now().getTime() - startedAt,
  };
}

test("A plain job of 10 s takes at most 4 transitions", async () => {
  const run = await runJob({}, ANSWERABLE);
  expect(run).toMatchObject({ status: "Succeeded", job: { phase: "succeeded" }, tookMs: 10_000 });
  expect(run.states).toEqual([OPEN, SAID, OVER]);
  expect(run.transitions).toBeLessThanOrEqual(4);
  expect(run.secretsLeft).toEqual([]);
});

test("A job with a challenge, 2 s to it and 4 s after it, takes at most 8 transitions", async () => {
  const run = await runJob({ asks: true }, ANSWERABLE);
  expect(run).toMatchObject({ status: "Succeeded", job: { phase: "succeeded" }, tookMs: 6_000 });
  expect(run.states).toEqual([OPEN, SAID, ASK, SEND, SAID, OVER]);
  expect(run.transitions).toBeLessThanOrEqual(8);
  expect(run.secretsLeft).toEqual([]);
});

describe("a job that is queued for 7 days", () => {
  const WEEK_MS = 84 * TWO_HOURS_MS;

  test.each([
    ["by record" as const, 1, WEEK_MS],
    // The record says that the bank is up: a first login that was refused, and is tried again within a minute, was a try.
    ["by refusing" as const, 85, WEEK_MS - 4 * TWO_HOURS_MS],
    ["by failing" as const, 85, WEEK_MS],
    ["by queueing" as const, 1, WEEK_MS],
  ])(
    "takes at most 95 transitions at a bank that stays down %s, with %i logins",
    async (down, logins, heldMs) => {
      const run = await runJob({ down }, SKIPS_THE_QUEUE);
      expect(run).toMatchObject({ status: "Succeeded", job: { phase: "failed", attempt: 85 }, logins });
      expect(run.job.steps[0]).toMatchObject({ status: "failed", result: { code: "temporary-unavailable" } });
      expect(run.states).toEqual([OPEN, SAID, HOLD, OPEN, SAID, OVER]);
      expect(run.transitions).toBe(run.states.length + 83);
      expect(run.transitions).toBeLessThanOrEqual(95);
      expect(run.history).toHaveLength(eventsOnAws(run));
      expect(run.history.length).toBeLessThanOrEqual(400);
      expect(run.secretsLeft).toEqual([]);
      expect(run.tookMs).toBeGreaterThanOrEqual(heldMs);
      expect(run.tookMs).toBeLessThan(heldMs + FIRST_ATTEMPT_MS + SPREAD_MS);
    },
  );

  test("sends one login to a bank that asks for a code by every login, since the user is not there", async () => {
    const run = await runJob({ down: "by failing", asks: true }, SKIPS_THE_QUEUE);
    expect(run).toMatchObject({ job: { phase: "failed", attempt: 85 }, transitions: 6 + 83, logins: 1 });
  });

  test("succeeds when the bank is back at the last attempt", async () => {
    const run = await runJob({ down: "by record", downForMs: WEEK_MS }, SKIPS_THE_QUEUE);
    expect(run).toMatchObject({ status: "Succeeded", job: { phase: "succeeded", attempt: 85 }, logins: 2 });
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

describe("an execution keeps the definition with which it began:", () => {
  const source = z.looseObject({ States: z.record(z.string(), z.looseObject({})) });

  function earlierWorkflow(earlier: { readonly [state: string]: object }) {
    const { States, ...rest } = source.parse(today.source);
    const theirs = Object.fromEntries(
      Object.entries(earlier).map(([name, fields]) => [name, { ...States[name], ...fields }]),
    );
    const definition: unknown = JSON.parse(JSON.stringify({ ...rest, States: { ...States, ...theirs } }));
    return { ...today, source: definition, definition: parseDefinition(definition) };
  }

  const WHEN_OTHERS_FOLLOWED = { [OPEN]: { Next: FOLLOW }, [SEND]: { Next: FOLLOW } };
  const WHEN_A_HOLD_HAD_ONE_LENGTH = {
    [HOLD]: { SecondsPath: undefined, Seconds: 7200 },
    [SAID]: {
      Choices: [
        { Variable: "$.next", IsPresent: false, Next: FOLLOW },
        { Variable: "$.next", StringEquals: "done", Next: OVER },
        { Variable: "$.next", StringEquals: "ask", Next: ASK },
        { Variable: "$.next", StringEquals: "hold", Next: HOLD },
      ],
    },
  };
  const HELD = { down: "by failing" as const, downForMs: 3 * TWO_HOURS_MS };

  test.each([
    ["a plain job", WHEN_OTHERS_FOLLOWED, ANSWERABLE, {}, [OPEN, FOLLOW, SAID, OVER]],
    [
      "a job with a challenge",
      WHEN_OTHERS_FOLLOWED,
      ANSWERABLE,
      { asks: true },
      [OPEN, FOLLOW, SAID, ASK, SEND, FOLLOW, SAID, OVER],
    ],
    [
      "a job that is held three times",
      WHEN_A_HOLD_HAD_ONE_LENGTH,
      SKIPS_THE_QUEUE,
      HELD,
      [OPEN, SAID, HOLD, OPEN, SAID, OVER],
    ],
  ])(
    "%s of an earlier definition succeeds with the functions of today",
    async (_, earlier, scale, bank, states) => {
      const run = await runJob(bank, scale, earlierWorkflow(earlier));
      expect(run).toMatchObject({
        status: "Succeeded",
        states,
        job: { phase: "succeeded", attempt: run.logins },
      });
    },
  );
});
