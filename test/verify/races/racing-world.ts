import type { Scheduler } from "fast-check";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { Refusal, type RefusalReason } from "../../../functions/jobs/domain/refusal.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import { execution, scheduledPorts } from "../../support/crash-world.ts";
import type { FakePorts } from "../../support/fake-ports.ts";
import { promptPosts } from "./prompt-posts.ts";

/** When somebody comes, in turns of the scheduler, and after how many of its own turns it is killed, if at all. */
export interface Coming {
  after: number;
  diesAfter?: number | undefined;
}

/** What became of a request. */
export type Heard<Reply> = { told: Reply } | { refused: RefusalReason } | "died" | "absent";

/** A Retrier of the workflow waits for no longer at first: a Task that is to run again does so while others are at work. */
const SHORT_MS = 5_000;
const PATIENCE_TURNS = 20;
const MINUTE = 60_000;

/**
 * Requests, sweepers and executions that are all at work at once, and take their turns as the scheduler says. Executions that
 * are started go from Task to Task as the workflow does; once nobody else is at work, time passes for them.
 */
export function racingWorld(real: FakePorts, scheduler: Scheduler) {
  const { executions, jobs, clock } = real;
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

  /** Waits until the execution is due. False when it waits in the queue, and nothing else is left to happen. */
  async function isDue(one: ReturnType<typeof execution>, jobId: string): Promise<boolean> {
    for (let waited = 0; ; waited++) {
      await turns(1);
      const leftMs = one.dueAt() - clock.now().getTime();
      if (leftMs <= 0 || executions.states.get(one.name) !== "running") return true;
      if (atWork === 0 && jobs.row(jobId).phase === "queued") return false;
      if (atWork === 0 || (waited > PATIENCE_TURNS && leftMs <= SHORT_MS)) clock.pass(leftMs);
    }
  }

  async function run(name: string): Promise<void> {
    const { ports } = scheduledPorts(promptPosts(real), scheduler, { lifeMs: Number.POSITIVE_INFINITY });
    const one = execution(ports, name);
    const jobId = name.slice(0, name.lastIndexOf("-"));
    while (await isDue(one, jobId)) {
      if (executions.states.get(name) !== "running") return;
      if (await one.step()) executions.states.set(name, "ended");
    }
    runs.delete(name);
  }

  /** Takes up every execution that runs and that nobody has taken up. */
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
  ): Promise<Heard<Reply>> {
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
    /** Lets some time pass. */
    pass: (comings: readonly (Coming & { ms: number })[]) => {
      for (const { after, ms } of comings) {
        act(async () => {
          await turns(after);
          clock.pass(ms);
        }).catch(() => undefined);
      }
    },
    sweeper: (coming: Coming | null) => request(coming, (ports) => sweep(ports)),
    /** Everything that is at work comes to its end; then the sweeper comes twice. */
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
    unfinished: () => [...jobs.rows.values()].filter((job) => !isFinished(job)),
  };
}
