import type { Job } from "../../functions/jobs/domain/job.ts";
import { sweep } from "../../functions/jobs/use-cases/sweep.ts";
import type { CrashingPorts } from "./crashing-ports.ts";
import type { FakePorts } from "./fake-ports.ts";
import { execution } from "./workflow-driver.ts";

/**
 * Who finishes what a dead process left: whoever ran it runs it again, a request at once and a Task a little later; or nobody
 * does, and the sweeper comes by.
 */
export type Healing = "run-again" | "sweeper";

/** What somebody asks of us, once the rows are as they wait for. Gives the ids of the jobs that it was told of. */
export interface Request {
  when(rows: readonly Job[]): boolean;
  send(ports: FakePorts): Promise<string[]>;
}

interface Happening {
  at: number;
  happen(): Promise<unknown>;
}

const MINUTE = 60_000;
const MAX_STEPS = 5_000;

/** Everything that happens to a few jobs, one thing after the other, each at its time, until nothing is left to happen. */
export function crashWorld(real: FakePorts, mortal: CrashingPorts, healing: Healing) {
  const told: string[] = [];
  const unheard: Request[] = [];
  let running: ReturnType<typeof execution>[] = [];
  const now = () => real.clock.now().getTime();

  /** Takes up executions that were started, and leaves those that were stopped. */
  function look(): void {
    const states = [...real.executions.states].filter(([, state]) => state === "running");
    const names = states.map(([name]) => name);
    const jobIds = names.map((name) => name.slice(0, name.lastIndexOf("-")));
    if (new Set(jobIds).size < jobIds.length) throw new Error("two executions drive one job");
    running = names.map((name) => running.find((one) => one.name === name) ?? execution(mortal.ports, name));
  }

  async function drive(one: ReturnType<typeof execution>): Promise<void> {
    let isOver = false;
    const isDead = await mortal.dies(async () => {
      isOver = await one.step();
    });
    if (isDead && healing === "run-again") one.again();
    else if (isDead || isOver) real.executions.states.set(one.name, "ended");
  }

  async function ask(requests: Request[], request: Request): Promise<void> {
    let jobIds: string[] = [];
    const isDead = await mortal.dies(async () => {
      jobIds = await request.send(mortal.ports);
    });
    if (!isDead) told.push(...jobIds);
    if (isDead && healing === "run-again") return;
    if (isDead) unheard.push(request);
    requests.shift();
  }

  /** The sweeper comes every minute; the minutes in which it finds nothing are left out. */
  function sweepAt(isQuiet: boolean): number {
    const times = [...real.jobs.rows.values()].flatMap((job) => job.sweepAt ?? []);
    if (times.length === 0 || (healing === "run-again" && !isQuiet)) return Number.POSITIVE_INFINITY;
    const due = Math.max(now() + 1, Math.min(...times.map(Date.parse)));
    return Math.ceil(due / MINUTE) * MINUTE;
  }

  function next(requests: Request[]): Happening | undefined {
    const [request] = requests;
    const isAsked = request?.when([...real.jobs.rows.values()]) === true;
    const happenings: Happening[] = running.map((one) => ({ at: one.dueAt(), happen: () => drive(one) }));
    if (isAsked) {
      happenings.unshift({ at: now(), happen: () => ask(requests, request) });
    }
    happenings.push({
      at: sweepAt(happenings.length === 0),
      happen: () => mortal.dies(() => sweep(mortal.ports)),
    });
    const [first] = happenings.toSorted((a, b) => a.at - b.at);
    return first?.at === Number.POSITIVE_INFINITY ? undefined : first;
  }

  return {
    /** The jobs that somebody was told of. */
    told,
    /** Requests that died and were not made again. */
    unheard,
    async live(all: readonly Request[]): Promise<void> {
      const requests = [...all];
      for (let steps = 0; ; steps++) {
        if (steps === MAX_STEPS) throw new Error("it does not end");
        look();
        const first = next(requests);
        if (first === undefined) return;
        real.clock.pass(Math.max(0, first.at - now()));
        await first.happen();
      }
    },
  };
}
