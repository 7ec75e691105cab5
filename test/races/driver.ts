import { JobChanged, UpstreamUnavailable } from "../../functions/domain/errors.ts";
import { Secret } from "../../functions/domain/secret.ts";
import { askForAnswer } from "../../functions/use-cases/ask-for-answer.ts";
import { type Followed, followJob } from "../../functions/use-cases/follow-job.ts";
import { openAndFollow } from "../../functions/use-cases/open-and-follow.ts";
import { sendAndFollow } from "../../functions/use-cases/send-and-follow.ts";
import { JOB_ID } from "../support/job-examples.ts";
import type { RaceWorld } from "./race-world.ts";

const input = { jobId: JOB_ID };

/** Executions of the workflow, which run Tasks until their job is over or somebody stops them. What a stopped one runs, runs on. */
export function driver(world: RaceWorld) {
  const { real, ports, isRunning } = world;
  let tokens = 0;

  const { start } = real.executions;
  real.executions.start = async (job) => {
    const before = new Set(real.executions.states.keys());
    await start(job);
    for (const name of real.executions.states.keys()) {
      if (!before.has(name)) world.begin(drive(name, () => openAndFollow(ports, input)));
    }
  };

  /** A Task, tried again as the workflow does. Nothing when the execution is over meanwhile. */
  async function task<Result>(name: string, run: () => Promise<Result>): Promise<Result | undefined> {
    while (isRunning(name)) {
      try {
        const result = await world.invoke(run);
        return isRunning(name) ? result : undefined;
      } catch (error) {
        const isQueued = error instanceof Error && error.name === "InstitutionUnavailable";
        const isPassing = error instanceof JobChanged || error instanceof UpstreamUnavailable;
        if (!isQueued && !isPassing) throw error;
        await Promise.race([world.pass(isQueued ? 7_200_000 : 30_000), world.stopped(name)]);
      }
    }
    return undefined;
  }

  async function askAndWait(name: string, timeoutSeconds: number): Promise<void> {
    const token = `${name} ${++tokens}`;
    const woken = world.woken(token);
    await task(name, () => askForAnswer(ports, { ...input, taskToken: new Secret(token) }));
    await wait(name, timeoutSeconds, woken);
  }

  async function wait(name: string, seconds: number, woken?: Promise<void>): Promise<void> {
    const ends = [world.pass(seconds * 1000), world.stopped(name)];
    await Promise.race(woken === undefined ? ends : [...ends, woken]);
  }

  async function drive(name: string, first: () => Promise<Followed>): Promise<void> {
    let next = first;
    for (;;) {
      const said = await task(name, next);
      if (said === undefined) return;
      if (said.next === "done") return void real.executions.states.set(name, "ended");
      if (said.next === "ask") await askAndWait(name, said.timeoutSeconds);
      else await wait(name, said.waitSeconds);
      if (said.next === "ask") next = () => sendAndFollow(ports, input);
      else next = () => (said.next === "hold" ? openAndFollow(ports, input) : followJob(ports, input));
    }
  }

  return {
    /** An execution that is about to run the Task of a state. */
    at(name: string, state: "open" | "ask", timeoutSeconds = 122): void {
      real.executions.states.set(name, "running");
      const ask = async (): Promise<Followed> => ({ next: "ask", timeoutSeconds });
      world.begin(drive(name, state === "ask" ? ask : () => openAndFollow(ports, input)));
    },
    /** One that waits for its token, and for so long at the most. */
    waitsFor(name: string, token: string, seconds: number): void {
      real.executions.states.set(name, "running");
      const woken = world.woken(token);
      world.begin(wait(name, seconds, woken).then(() => drive(name, () => sendAndFollow(ports, input))));
    },
    /** One that waits for a time. */
    holds(name: string, seconds: number): void {
      real.executions.states.set(name, "running");
      world.begin(wait(name, seconds).then(() => drive(name, () => openAndFollow(ports, input))));
    },
  };
}
