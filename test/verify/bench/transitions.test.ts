import { afterEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { eachMinute } from "../races/crash-world.ts";
import {
  ASK,
  FOLLOW,
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
const MINUTE_MS = 60_000;
const TWO_HOURS_MS = 2 * 3600 * 1000;
/** A refused login may only have met a restart, and the sweeper comes within a minute of each of 84 attempts. */
const WITHIN_MS = 90 * 60_000;
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

/** Jobs of several users, whose executions the sweeper starts when they are due, until all are over. */
async function runQueued(behaviour: BankBehaviour, timeScale: number, users = 1) {
  const endpoint = await workflowEndpoint(today, timeScale);
  closers.push(endpoint.close);
  const tasks = useCaseTasks(endpoint, behaviour);
  const { ports, clock } = tasks;
  const startedAt = clock.now().getTime();
  const started: { id: string; generation?: number | undefined }[] = [];
  ports.executions.start = async (job) => void started.push(job);
  let transitions = 0;
  const jobs = () => [...ports.jobs.rows.values()];

  async function runStarted(): Promise<void> {
    for (const { id, generation } of started.splice(0)) {
      transitions += transitionsOf((await endpoint.run(id, tasks.invoke, generation)).history);
    }
  }

  for (let user = 0; user < users; user++) await tasks.accept(`user-${user}`);
  await runStarted();
  while (jobs().some((job) => !isFinished(job))) {
    const banks = [...ports.outages.rows.values()].flatMap(({ probeAt }) => probeAt ?? []);
    const times = [...jobs().flatMap(({ sweepAt }) => sweepAt ?? []), ...banks].map(Date.parse);
    clock.pass(Math.max(MINUTE_MS, Math.min(...times) - clock.now().getTime()));
    await eachMinute(ports);
    await runStarted();
  }
  return {
    jobs: jobs(),
    transitions,
    logins: tasks.logins.length,
    secretsLeft: tasks.vault.names(),
    tookMs: clock.now().getTime() - startedAt,
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
    // The record says that the bank is down: attempts are counted from the clock, and the sweeper ends the job.
    ["by record" as const, 1, 3],
    // The record says that the bank is up, and there is no other job that could try for this one.
    ["by refusing" as const, 85, 3 * 81],
    ["by failing" as const, 85, 3 * 85],
    // Only the sweeper asks the aggregator.
    ["by queueing" as const, 1, 3],
  ])(
    "at a bank that stays down %s sends %i logins and takes %i transitions",
    async (down, logins, transitions) => {
      const week = await runQueued({ down }, SKIPS_THE_QUEUE);
      expect(week).toMatchObject({ jobs: [{ phase: "failed", attempt: 85 }], logins, secretsLeft: [] });
      expect(week.jobs[0]?.steps[0]).toMatchObject({
        status: "failed",
        result: { code: "temporary-unavailable" },
      });
      // Four retries within the first minute, of a login that was refused.
      expect(week.transitions).toBe(transitions + (down === "by refusing" ? 4 : 0));
      expect(week.tookMs).toBeLessThan(WEEK_MS + WITHIN_MS);
    },
  );

  test("lets one job in two hours try for a hundred, once three attempts in a row have failed", async () => {
    const week = await runQueued({ down: "by failing" }, SKIPS_THE_QUEUE, 100);
    expect(week.jobs.map(({ phase, attempt }) => [phase, attempt])).toEqual(
      Array.from({ length: 100 }, () => ["failed", 85]),
    );
    // The first attempts of all, the second of the two that failed before the bank counted as down, and the probes.
    expect(week.logins).toBeGreaterThan(100 + 80);
    expect(week.logins).toBeLessThanOrEqual(100 + 2 + 84);
    expect(week.transitions).toBe(3 * week.logins);
  });

  test("sends one login to a bank that asks for a code by every login, since the user is not there", async () => {
    const week = await runQueued({ down: "by failing", asks: true }, SKIPS_THE_QUEUE);
    expect(week).toMatchObject({ jobs: [{ phase: "failed", attempt: 85 }], transitions: 3, logins: 1 });
  });

  test("succeeds when the bank is back at the last attempt", async () => {
    const week = await runQueued({ down: "by record", downForMs: WEEK_MS }, SKIPS_THE_QUEUE);
    expect(week).toMatchObject({ jobs: [{ phase: "succeeded", attempt: 85 }], transitions: 6, logins: 2 });
    expect(week.secretsLeft).toEqual([]);
  });
});

describe("an execution keeps the definition with which it began:", () => {
  const source = z.looseObject({ States: z.record(z.string(), z.looseObject({})) });

  function earlierWorkflow(earlier: { readonly [state: string]: object }) {
    const { States, ...rest } = source.parse(today.source);
    const theirs = Object.fromEntries(
      Object.entries(earlier).map(([name, fields]) => [name, { ...States[name], ...fields }]),
    );
    const text = JSON.stringify({ ...rest, States: { ...States, ...theirs } }, withoutGeneration);
    const definition: unknown = JSON.parse(text);
    return { ...today, source: definition, definition: parseDefinition(definition) };
  }

  /** Their Tasks got the job's id only. */
  const withoutGeneration = (name: string, value: unknown) => (name === "execution.$" ? undefined : value);

  const WHEN_OTHERS_FOLLOWED = { [OPEN]: { Next: FOLLOW }, [SEND]: { Next: FOLLOW } };
  const HELD = "Hold for the next attempt";
  const WHEN_EXECUTIONS_WAITED = {
    [OPEN]: {
      Retry: [
        { ErrorEquals: ["InstitutionUnavailable"], IntervalSeconds: 7200, MaxAttempts: 84, BackoffRate: 1 },
      ],
    },
    [HELD]: { Type: "Wait", SecondsPath: "$.waitSeconds", Next: OPEN },
  };

  test.each([
    ["a plain job", WHEN_OTHERS_FOLLOWED, ANSWERABLE, {}, [OPEN, FOLLOW, SAID, OVER]],
    [
      "a job with a challenge",
      WHEN_OTHERS_FOLLOWED,
      ANSWERABLE,
      { asks: true },
      [OPEN, FOLLOW, SAID, ASK, SEND, FOLLOW, SAID, OVER],
    ],
    ["a job when executions waited for banks", WHEN_EXECUTIONS_WAITED, ANSWERABLE, {}, [OPEN, SAID, OVER]],
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

  test.each([
    ["makes the attempt for which it has waited", 0, 2],
    ["that is started again, as local mode does, before its attempt is due", TWO_HOURS_MS / 2, 1],
  ])(
    "an execution that waited for a bank %s, ends, and leaves its job parked",
    async (_, dueInMs, attempt) => {
      const endpoint = await workflowEndpoint(earlierWorkflow(WHEN_EXECUTIONS_WAITED), ANSWERABLE);
      closers.push(endpoint.close);
      const tasks = useCaseTasks(endpoint, { down: "by failing", downForMs: TWO_HOURS_MS });
      const { ports, clock } = tasks;
      const { id } = await tasks.accept();
      const times = {
        nextAttemptAt: clock.after(dueInMs).toISOString(),
        expiresAt: clock.after(80 * TWO_HOURS_MS).toISOString(),
      };
      ports.jobs.put({ ...ports.jobs.row(id), phase: "queued", attempt: 1, queue: times });
      const run = await endpoint.run(id, tasks.invoke);
      expect([run.status, statesOf(run.history)]).toEqual(["Succeeded", [OPEN, SAID, OVER]]);
      const row = ports.jobs.row(id);
      expect(row).toMatchObject({ phase: "queued", attempt, queue: { waitsFor: "attempt" } });
      expect(row.sweepAt).toBe(row.queue?.nextAttemptAt);

      clock.pass(TWO_HOURS_MS);
      await eachMinute(ports);
      expect(ports.executions.states.get(`${id}-2`)).toBe("running");
      await endpoint.run(id, tasks.invoke, 2);
      expect(ports.jobs.row(id)).toMatchObject({ phase: "succeeded", attempt: attempt + 1 });
    },
  );
});
