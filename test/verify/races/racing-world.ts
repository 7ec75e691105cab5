import { randomInt } from "node:crypto";
import type { IAsyncProperty, Scheduler } from "fast-check";
import fc from "fast-check";
import { test } from "vitest";
import { UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { outcomeOf } from "../../../functions/jobs/domain/failures.ts";
import { isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import { Refusal, type RefusalReason } from "../../../functions/jobs/domain/refusal.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import type { FakePorts } from "../../support/fake-ports.ts";
import { nightly } from "../support/nightly.ts";
import { eachMinute, execution, scheduledPorts } from "./crash-world.ts";

/**
 * A schedule that showed a defect: its seed, and its path in fast-check. A path is valid as long as its race draws the same
 * values in the same order.
 */
export type FailedOnce = readonly [seed: number, path: string];

/** For a machine that has other work too. */
const TIMEOUT_MS = 1_800_000;

/** Prints a seed and runs new schedules from it: `schedules` with `NIGHTLY=1`, otherwise a tenth. Before them, runs those that failed once. */
export function testRaces<Ts>(
  name: string,
  schedules: number,
  failedOnce: readonly FailedOnce[],
  property: IAsyncProperty<Ts>,
): void {
  test.each(failedOnce)(
    `${name} (again: %i %s)`,
    (seed, path) => fc.assert(property, { seed, path, endOnFailure: true }),
    TIMEOUT_MS,
  );
  test(
    name,
    async () => {
      const numRuns = nightly(schedules);
      const seed = Number(process.env["FC_SEED"] ?? randomInt(2 ** 31));
      process.stdout.write(`${name}: ${numRuns} schedules, FC_SEED=${seed}\n`);
      await fc.assert(property, { seed, numRuns });
    },
    TIMEOUT_MS,
  );
}

/** When an actor begins, in turns of the scheduler, and after how many of its own turns it is killed, if at all. */
export interface Coming {
  after: number;
  diesAfter?: number | undefined;
}

/** An actor that begins at any time, or never. */
export const coming: fc.Arbitrary<Coming | null> = fc.option(fc.record({ after: fc.nat({ max: 60 }) }));

/** An actor that begins at any time, and may be killed. */
export const mortal: fc.Arbitrary<Coming> = fc.record({
  after: fc.nat({ max: 60 }),
  diesAfter: fc.option(fc.nat({ max: 25 }), { nil: undefined }),
});

/** Up to three jumps of the clock, each at any time. */
export function passing(...ms: number[]): fc.Arbitrary<(Coming & { ms: number })[]> {
  return fc.array(fc.record({ after: fc.nat({ max: 80 }), ms: fc.constantFrom(...ms) }), { maxLength: 3 });
}

/** What came of a request. */
export type Received<Reply> = { told: Reply } | { refused: RefusalReason } | "died" | "absent";

export function wasTold(heard: Received<unknown>): boolean {
  return typeof heard === "object" && "told" in heard;
}

/** The outcome of a finished job, otherwise its phase. */
export function endOf(job: Job): string {
  return isFinished(job) ? outcomeOf(job) : job.phase;
}

/** A Retrier of the workflow waits no longer than this at first: a Task is repeated while others are at work. */
const SHORT_MS = 5_000;
const PATIENCE_TURNS = 20;
const MINUTE = 60_000;

/**
 * Requests, sweepers and executions that run concurrently and take turns as the scheduler decides. Started executions go from
 * Task to Task as the workflow does. Once nothing else is at work, time passes for them. Executions `ofEarlier` versions are named.
 */
export function racingWorld(
  real: FakePorts,
  scheduler: Scheduler,
  ofEarlier: ReadonlySet<string> = new Set(),
) {
  const { executions, clock } = real;
  const runs = new Map<string, Promise<void>>();
  const actors: Promise<unknown>[] = [];
  const failures: unknown[] = [];
  let atWork = 0;

  async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await scheduler.schedule(Promise.resolve());
  }

  function act<Result>(work: () => Promise<Result>): Promise<Result> {
    atWork++;
    const acting = work().finally(() => atWork--);
    actors.push(acting.catch((error: unknown) => failures.push(error)));
    return acting;
  }

  /** Waits until the execution is due. */
  async function untilDue(one: ReturnType<typeof execution>): Promise<void> {
    for (let waited = 0; ; waited++) {
      await turns(1);
      const leftMs = one.dueAt() - clock.now().getTime();
      if (leftMs <= 0 || executions.states.get(one.name) !== "running") return;
      if (atWork === 0 || (waited > PATIENCE_TURNS && leftMs <= SHORT_MS)) clock.pass(leftMs);
    }
  }

  async function run(name: string): Promise<void> {
    const { ports } = scheduledPorts(promptPosts(real), scheduler, { lifeMs: Number.POSITIVE_INFINITY });
    const one = execution(ports, name, !ofEarlier.has(name));
    for (;;) {
      await untilDue(one);
      if (executions.states.get(name) !== "running") return;
      if (await one.step()) executions.states.set(name, "ended");
    }
  }

  /** Runs every execution that is running and not run yet. */
  function takeUp(): void {
    for (const [name, state] of executions.states) {
      if (state !== "running" || runs.has(name)) continue;
      const running = run(name);
      runs.set(name, running);
      running.catch((error: unknown) => failures.push(error));
    }
  }

  const { start } = executions;
  executions.start = async (job) => {
    await start(job);
    takeUp();
  };

  async function runAll(): Promise<void> {
    takeUp();
    let known = 0;
    while (known < runs.size) {
      known = runs.size;
      await Promise.allSettled(runs.values());
    }
  }

  async function request<Reply>(
    coming: Coming | null,
    call: (ports: FakePorts) => Promise<Reply>,
  ): Promise<Received<Reply>> {
    if (coming === null) return "absent";
    return act(async () => {
      await turns(coming.after);
      const { ports, died } = scheduledPorts(real, scheduler, { turns: coming.diesAfter });
      const dead = died.catch(() => "died" as const);
      try {
        return await Promise.race([call(ports).then((told) => ({ told })), dead]);
      } catch (error) {
        if (error instanceof Refusal) return { refused: error.problems[0].reason };
        throw error;
      }
    });
  }

  return {
    request,
    pass: (comings: readonly (Coming & { ms: number })[]) => {
      for (const { after, ms } of comings) {
        act(async () => {
          await turns(after);
          clock.pass(ms);
        }).catch(() => undefined);
      }
    },
    sweeper: (coming: Coming | null) => request(coming, (ports) => eachMinute(ports)),
    /** Ends all that is at work; then the sweeper runs twice. */
    async settle(): Promise<void> {
      takeUp();
      await scheduler.waitFor(
        (async () => {
          while (actors.length > 0) await actors.shift();
          for (let sweeps = 0; sweeps <= 2; sweeps++) {
            await runAll();
            if (sweeps === 2) return;
            clock.pass(MINUTE);
            await sweep(real, (_, look) =>
              look().catch((error: unknown) => {
                failures.push(error);
                throw error;
              }),
            );
          }
        })(),
      );
      if (failures.length > 0) throw failures[0];
    },
    running: () => [...executions.states].filter(([, state]) => state === "running").map(([name]) => name),
  };
}

/**
 * The ports of one execution, with the only assumption that the product makes about time: a Task sends before its post may be
 * repeated. A Task that is paused for longer never sends.
 */
function promptPosts(real: FakePorts): FakePorts {
  const { jobs, upstream, clock } = real;
  let sendAgainAt: string | undefined;

  function prompt<Args extends unknown[], Reply>(post: (...args: Args) => Promise<Reply>) {
    return async (...args: Args): Promise<Reply> => {
      if (sendAgainAt !== undefined && clock.msUntil(new Date(sendAgainAt)) <= 0)
        throw new UpstreamUnavailable();
      return post(...args);
    };
  }

  return {
    ...real,
    jobs: {
      ...jobs,
      record: async (before, change) => {
        const after = await jobs.record(before, change);
        sendAgainAt = after.sendAgainAt;
        return after;
      },
    },
    upstream: {
      ...upstream,
      openConnection: prompt((...args) => upstream.openConnection(...args)),
      answer: prompt((...args) => upstream.answer(...args)),
    },
  };
}

/** Counts the secrets that are read after the caller heard that the job is cancelled. */
export function revealsOnceCancelled({ vault }: FakePorts) {
  const { reveal } = vault;
  const seen = { isCancelled: false, late: 0 };
  vault.reveal = async (ref) => {
    const secret = await reveal(ref);
    if (seen.isCancelled && secret !== undefined) seen.late++;
    return secret;
  };
  return seen;
}
