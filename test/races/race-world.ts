import type { Scheduler } from "fast-check";
import { executionName } from "../../functions/adapters/sfn-workflow.ts";
import { isFinished, type Job } from "../../functions/domain/job.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { scheduledPorts } from "./scheduled-ports.ts";

/** No function is at work for longer: time passes by more only when none is. */
const FUNCTION_MS = 25_000;

/** Requests, Tasks, the sweeper and time: each goes one step further whenever the scheduler wants it, time after a few turns. */
export function raceWorld(scheduler: Scheduler, turnsUntilTimePasses = 0) {
  const real = fakePorts();
  const ports = scheduledPorts(real, scheduler);
  const actors = new Set<Promise<unknown>>();
  const wakeUps = new Map<string, () => void>();
  const stops = new Map<string, PromiseWithResolvers<void>>();
  const shown = Promise.withResolvers<void>();
  let atWork = 0;
  let mostAtOnce = 1;
  let idle = Promise.withResolvers<void>();

  const { start, stop } = real.executions;
  real.executions.start = async (job) => {
    await start(job);
    const running = [...real.executions.states.values()].filter((state) => state === "running");
    mostAtOnce = Math.max(mostAtOnce, running.length);
  };
  real.executions.stop = async (job: Pick<Job, "id" | "generation">) => {
    await stop(job);
    stopOf(executionName(job)).resolve();
  };
  real.waker.wake = async (token) => wakeUps.get(token.reveal())?.();

  const { record } = real.jobs;
  real.jobs.record = async (...change) => {
    const after = await record(...change);
    if (after.phase === "awaiting-answer" || isFinished(after)) shown.resolve();
    return after;
  };

  function stopOf(name: string): PromiseWithResolvers<void> {
    const found = stops.get(name) ?? Promise.withResolvers<void>();
    stops.set(name, found);
    return found;
  }

  const turn = (what: string) => scheduler.schedule(Promise.resolve(), what);

  return {
    real,
    ports,
    turn,
    begin(actor: Promise<unknown>): void {
      const over = actor.finally(() => actors.delete(over));
      actors.add(over);
    },
    /** One invocation of a function. */
    async invoke<Result>(run: () => Promise<Result>): Promise<Result> {
      atWork += 1;
      try {
        return await run();
      } finally {
        atWork -= 1;
        if (atWork === 0) idle.resolve();
      }
    },
    async pass(ms: number): Promise<void> {
      for (let turns = 0; turns <= turnsUntilTimePasses; turns++) await turn("time passes");
      while (ms > FUNCTION_MS && atWork > 0) {
        idle = Promise.withResolvers<void>();
        await idle.promise;
        await turn("time passes");
      }
      real.clock.pass(Math.max(0, ms));
    },
    /** The most executions that ran at any one moment. */
    mostAtOnce: () => mostAtOnce,
    isRunning: (name: string) => real.executions.states.get(name) === "running",
    /** Resolves when the challenge is there to be answered, or never will be. */
    shown: shown.promise,
    stopped: (name: string) => stopOf(name).promise,
    /** Resolves when somebody sends the token. */
    woken: (token: string) => new Promise<void>((wake) => wakeUps.set(token, wake)),
    /** Until nobody has anything left to do. */
    async end(): Promise<void> {
      while (actors.size > 0) await scheduler.waitFor(Promise.all(actors));
    },
  };
}

export type RaceWorld = ReturnType<typeof raceWorld>;
