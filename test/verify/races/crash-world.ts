import type { Scheduler } from "fast-check";
import { expect } from "vitest";
import { generationOf, isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { isOver } from "../../../functions/jobs/domain/steps.ts";
import { askForAnswer } from "../../../functions/jobs/use-cases/ask-for-answer.ts";
import { giveUp } from "../../../functions/jobs/use-cases/end-job.ts";
import { type Followed, followJob } from "../../../functions/jobs/use-cases/follow-job.ts";
import { type LookDeps, lookAtBanks } from "../../../functions/jobs/use-cases/look-at-banks.ts";
import { openAndFollow } from "../../../functions/jobs/use-cases/open-connection.ts";
import { sendAndFollow } from "../../../functions/jobs/use-cases/send-answer.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import type { CrashingPorts } from "../../support/crashing-ports.ts";
import type { FakePorts } from "../../support/fake-ports.ts";

/** What holds of every job once nothing is left to happen, whatever has died on its way. */
export function expectWhole(ports: FakePorts, logins: readonly string[], told: readonly string[]): void {
  const { jobs, executions, vault } = ports;
  for (const job of jobs.rows.values()) {
    expect(isFinished(job), `job in ${job.phase}`).toBe(true);
    expect(job.sweepAt, "nothing is left to be swept").toBeUndefined();
  }
  for (const id of told) expect(jobs.rows.has(id), "a job that somebody was told of").toBe(true);
  for (const versions of Map.groupBy(jobs.written, ({ id }) => id).values()) expectHistory(versions);
  expect(new Set(logins).size, `one login for each attempt: ${logins.join()}`).toBe(logins.length);
  expect([...executions.states.values()]).not.toContain("running");
  expect(vault.names(), "no secret is left").toEqual([]);
}

/** Versions only grow, steps never go back but into the queue, and a job ends once. */
export function expectHistory(versions: readonly Job[]): void {
  expect(versions.filter(isFinished).length).toBeLessThanOrEqual(1);
  for (const [index, after] of versions.entries()) {
    const before = versions[index - 1];
    if (before === undefined) continue;
    expect(after.version).toBe(before.version + 1);
    expect(isFinished(before)).toBe(false);
    if (after.phase === "queued") continue;
    for (const step of before.steps.filter(({ status }) => isOver(status))) {
      expect(after.steps).toContainEqual(step);
    }
  }
}

const POSTS = ["openConnection", "updateConnection", "refreshConnection"] as const;

/** Notes of every login that upstream took for which job and which attempt it was, such as `5e0c4c1e… 1`. */
export function loginWitness({ upstream, jobs }: FakePorts): string[] {
  const logins: string[] = [];

  function witnessed<Args extends unknown[], Reply>(
    name: (typeof POSTS)[number],
    post: (...args: Args) => Promise<Reply>,
  ) {
    return async (...args: Args): Promise<Reply> => {
      const opening = [...jobs.rows.values()].filter(({ phase }) => phase === "opening");
      const before = upstream.done(name).length;
      try {
        return await post(...args);
      } finally {
        if (upstream.done(name).length > before) {
          logins.push(opening.map(({ id, attempt }) => `${id} ${attempt}`).join());
        }
      }
    };
  }

  upstream.openConnection = witnessed("openConnection", upstream.openConnection);
  upstream.updateConnection = witnessed("updateConnection", upstream.updateConnection);
  upstream.refreshConnection = witnessed("refreshConnection", upstream.refreshConnection);
  return logins;
}

const PAUSE_MS = 5_000;
/** Far more than the workflow makes: here it is the ends that count, not the pace. */
const MAX_TRIES = 1_000;
const PASSING: readonly string[] = ["UpstreamUnavailable", "JobChanged"];

function namedBy(execution: string): { jobId: string; generation: number } {
  const end = execution.lastIndexOf("-");
  return { jobId: execution.slice(0, end), generation: Number(execution.slice(end + 1)) };
}

/** What a Task's state leads to. */
type Next = Followed | { next: "wait-for-token"; token: string; timeoutSeconds: number };

/** One execution: goes from state to state as the workflow does, each at its time. One of an earlier version passes less. */
export function execution(ports: FakePorts, name: string, isOfToday = true) {
  const { jobId, generation } = namedBy(name);
  const input = isOfToday ? { jobId, generation } : { jobId };
  let at = ports.clock.now().getTime();
  let [tries, tokens] = [0, 0];
  let token: string | undefined;
  let task: () => Promise<Next> = open;

  function open(): Promise<Next> {
    return openAndFollow(ports, input);
  }

  function follow(): Promise<Next> {
    return followJob(ports, input);
  }

  function send(): Promise<Next> {
    return sendAndFollow(ports, input);
  }

  async function ask(timeoutSeconds: number): Promise<Next> {
    const asked = `${name} ${++tokens}`;
    await askForAnswer(ports, { ...input, taskToken: new Secret(asked) });
    return { next: "wait-for-token", token: asked, timeoutSeconds };
  }

  async function endBy(failure: string): Promise<Next> {
    await giveUp(ports, { ...input, failure });
    return { next: "done" };
  }

  function goOn(to: typeof task, seconds: number): void {
    task = to;
    at = ports.clock.now().getTime() + seconds * 1000;
    tries = 0;
  }

  function take(said: Next): void {
    if (said.next === "wait") goOn(follow, said.waitSeconds);
    if (said.next === "hold") goOn(open, said.waitSeconds);
    if (said.next === "ask") goOn(() => ask(said.timeoutSeconds), 0);
    if (said.next === "wait-for-token") {
      goOn(send, said.timeoutSeconds);
      token = said.token;
    }
  }

  function again(): void {
    at = ports.clock.now().getTime() + PAUSE_MS;
  }

  return {
    name,
    /** When it does something, unless it is woken before. */
    dueAt(): number {
      return ports.waker.received.has(token ?? "") ? ports.clock.now().getTime() : at;
    },
    /** Runs the Task of its state once. True when it was the last one. */
    async step(): Promise<boolean> {
      token = undefined;
      try {
        const said = await task();
        take(said);
        return said.next === "done";
      } catch (error) {
        const failure = error instanceof Error ? error.name : "";
        if (failure === "Crash") throw error;
        if (PASSING.includes(failure) && tries++ < MAX_TRIES) again();
        else goOn(() => endBy(failure), 0);
        return false;
      }
    },
    /** Runs the Task once more that has just died. */
    again,
  };
}

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

/** What schedules start every minute: the look at banks, and the sweeper. */
export async function eachMinute(
  ports: Parameters<typeof sweep>[0] & Omit<LookDeps, "concurrency" | "onRecord" | "onFailedLook">,
): Promise<void> {
  const health = { onRecord: async () => undefined, onFailedLook: () => undefined };
  await lookAtBanks({ ...ports, ...health, concurrency: 1_000 });
  await sweep(ports);
}

const MINUTE = 60_000;
/** In these stories no bank is back sooner: the looks at banks in between would find nothing. */
const BANKS_LOOKED_AT_EVERY_MS = 30 * MINUTE;
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
    running = names.map((name) => running.find((one) => one.name === name) ?? execution(mortal.ports, name));
  }

  /** An execution that has parked its job may run on for a moment after the job was woken. It must change nothing. */
  async function drive(one: ReturnType<typeof execution>): Promise<void> {
    let isOver = false;
    const { jobId, generation } = namedBy(one.name);
    const before = real.jobs.rows.get(jobId);
    const isReplaced = before !== undefined && generationOf(before) > generation;
    const isDead = await mortal.dies(async () => {
      isOver = await one.step();
    });
    const after = real.jobs.rows.get(jobId);
    if (isReplaced && after?.version !== before.version) throw new Error("two executions drive one job");
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
    const times = [...real.jobs.rows.values()].flatMap((job) => Date.parse(job.sweepAt ?? "") || []);
    if (times.length === 0 || (healing === "run-again" && !isQuiet)) return Number.POSITIVE_INFINITY;
    const isAwaited = [...real.outages.rows.values()].some(({ awaitedAt }) => awaitedAt !== undefined);
    if (isAwaited) times.push(Math.ceil((now() + 1) / BANKS_LOOKED_AT_EVERY_MS) * BANKS_LOOKED_AT_EVERY_MS);
    const due = Math.max(now() + 1, Math.min(...times));
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
      happen: () => mortal.dies(() => eachMinute(mortal.ports)),
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
const SCHEDULED = [
  "jobs",
  "jobList",
  "claims",
  "vault",
  "sealer",
  "waker",
  "executions",
  "sweptJobs",
  "outages",
  "reservations",
  "upstream",
  "waiterSlots",
  "clock",
] as const;
/** What a clock says at once. */
const AT_ONCE = ["now", "after", "msUntil", "span", "pass"];

/** As long as an API function lives. */
const LIFE_MS = 29_000;

export interface Life {
  lifeMs?: number;
  /** After how many turns it is killed. */
  turns?: number | undefined;
}

/**
 * The ports of one run of a function, of the API when nothing else is said, whose every call goes out and comes back when the
 * scheduler lets it. A function that has lived for too long does nothing more: `died` says so.
 */
export function scheduledPorts(ports: FakePorts, scheduler: Scheduler, life: Life = {}) {
  const { lifeMs = LIFE_MS, turns = Number.POSITIVE_INFINITY } = life;
  let turn = 0;
  const born = ports.clock.now().getTime();
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);

  async function nextTurn(): Promise<void> {
    await scheduler.schedule(Promise.resolve());
    if (++turn <= turns && ports.clock.now().getTime() - born < lifeMs) return;
    death.reject(new Error("timed out"));
    await new Promise(() => undefined);
  }

  function wrap<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function" || AT_ONCE.includes(String(name))) return value;
        return async (...args: unknown[]) => {
          await nextTurn();
          const result: unknown = await Reflect.apply(value, target, args);
          await nextTurn();
          return result;
        };
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of SCHEDULED) Object.assign(wrapped, { [name]: wrap(ports[name]) });
  return { ports: wrapped, died: death.promise };
}
