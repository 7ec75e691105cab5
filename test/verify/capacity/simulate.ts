import * as z from "zod";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { mulberry32 } from "../../support/seeded-ids.ts";
import { MFA_BANK, PLAIN_BANK } from "./bank.ts";
import { type SeenReply, type SimulatedSystem, simulatedSystem } from "./system.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface Scenario {
  /** Whether the bank asks for a code. */
  kind: "plain" | "mfa";
  concurrency: number;
  maxRunning?: number;
  followSliceSeconds?: number;
  waiters?: number;
  reserved?: Readonly<Record<string, number>>;
  /** New clients a second, one stretch after the other. */
  load: readonly { minutes: number; perSecond: number }[];
  /** After the load, until every job has ended: at most so long. */
  drainMinutes?: number;
  seed?: number;
}

const START_MS = Date.parse("2026-01-05T09:00:00.000Z");
const MINUTE_MS = 60_000;
/** Every window of the figures over time. */
export const WINDOW_MS = 10_000;
const POLL_MS = 2_000;
/** A person reads a code and types it. */
const TYPING_MS = 10_000;
/** Published clients post an answer again every 5 s. */
const ANSWER_AGAIN_MS = 5_000;
const MOST_POSTS = 4;

/** What happened within {@link WINDOW_MS}. */
export interface Window {
  /** New clients. */
  offered: number;
  accepted: number;
  succeeded: number;
  failed: number;
  /** POSTs of a new job that got 429 or 503, with and without `Retry-After`. */
  refused: number;
  refusedBare: number;
  /** Readings and answers that the gateway refused in place of a function. */
  missed: number;
  /** Function-seconds of the window, divided by its seconds. */
  running: number;
}

export interface Result {
  windows: readonly Window[];
  offered: number;
  accepted: number;
  succeeded: number;
  /** Ended otherwise, by the error of the step. */
  failed: Readonly<Record<string, number>>;
  /** Clients that gave up after their fourth POST. */
  turnedAway: number;
  /** Told to a client, and not at its end when the simulation was. */
  lost: number;
  /** More logins at the aggregator than jobs. */
  doubled: number;
  secretsLeft: number;
  /** POSTs of a new job, by what the client saw: such as `503 with Retry-After`. */
  replies: Readonly<Record<string, number>>;
  /** Other requests that the gateway refused. */
  missed: number;
  requests: number;
  /** By what was throttled. */
  throttled: Readonly<Record<string, number>>;
  /** From acceptance to the end of the job, in seconds, by the minute of the end. */
  seconds: readonly number[];
  secondsByWindow: readonly (readonly number[])[];
  mostRunning: number;
  usage: {
    transitions: number;
    /** By quota. */
    tokens: Readonly<Record<string, number>>;
    invocations: Readonly<Record<string, number>>;
    slotSeconds: number;
    reads: number;
    writes: number;
    readUnits: number;
    writeUnits: number;
    kms: number;
  };
}

const stub = z.object({ id: z.string() });
const shownJob = z.object({
  steps: z.array(z.object({ title: z.string(), status: z.string(), result: z.unknown() })),
});

function blank(): Window {
  return {
    offered: 0,
    accepted: 0,
    succeeded: 0,
    failed: 0,
    refused: 0,
    refusedBare: 0,
    missed: 0,
    running: 0,
  };
}

/** Runs a scenario from its first client to the end of its last job. The same scenario gives the same result. */
export async function simulate(scenario: Scenario): Promise<Result> {
  const { kind, concurrency, maxRunning, reserved, load, seed = 1 } = scenario;
  const time = new VirtualTime(START_MS);
  const random = mulberry32(seed + 7);
  const windows: Window[] = [];
  const secondsByWindow: number[][] = [];
  const indexNow = () => Math.floor((time.now() - START_MS) / WINDOW_MS);
  const windowNow = () => found(windows, indexNow(), blank);
  const failed: Record<string, number> = {};
  const replies: Record<string, number> = {};
  const told = new Set<string>();
  const seconds: number[] = [];
  let [offered, turnedAway, missed, requests, clients] = [0, 0, 0, 0, 0];

  const system = simulatedSystem({
    time,
    seed,
    concurrency,
    maxRunning,
    followSliceSeconds: scenario.followSliceSeconds ?? 12,
    waiters: scenario.waiters ?? 3,
    ...(reserved && { reserved }),
    onEnd(job) {
      told.delete(job.id);
      const isWell = job.phase === "succeeded";
      windowNow()[isWell ? "succeeded" : "failed"] += 1;
      const took = (time.now() - Date.parse(job.createdAt)) / 1000;
      seconds.push(took);
      found(secondsByWindow, indexNow(), (): number[] => []).push(took);
      if (isWell) return;
      const error = job.steps.find(({ status }) => status === "failed")?.result;
      const code = error != null && "code" in error ? error.code : "none";
      failed[code] = (failed[code] ?? 0) + 1;
    },
  });

  function noteRefused(reply: SeenReply): void {
    windowNow()[reply.retryAfterSeconds === undefined ? "refusedBare" : "refused"] += 1;
  }

  /** Posts the login, and again when it was refused, as the reply says or after 1, 2 and 4 s. */
  async function post(userId: string): Promise<string | undefined> {
    for (let posts = 1; ; posts++) {
      requests += 1;
      const reply = await system.post(userId, kind === "mfa" ? MFA_BANK : PLAIN_BANK);
      const name = nameOf(reply);
      replies[name] = (replies[name] ?? 0) + 1;
      if (reply.status === 202 || reply.status === 200) return stub.parse(JSON.parse(reply.body)).id;
      noteRefused(reply);
      if (posts === MOST_POSTS) return undefined;
      const pauseSeconds = reply.retryAfterSeconds ?? 2 ** (posts - 1);
      await time.sleep((pauseSeconds + random()) * 1000);
    }
  }

  async function client(): Promise<void> {
    clients += 1;
    const jobId = await post(`${seed}-${offered}-${Math.floor(random() * 1e9)}`);
    if (jobId === undefined) {
      turnedAway += 1;
    } else {
      windowNow().accepted += 1;
      // Unless it has ended already.
      const row = system.rows.get(jobId);
      if (row !== undefined && !isFinished(row)) told.add(jobId);
      await follow(jobId);
    }
    clients -= 1;
  }

  async function follow(jobId: string): Promise<void> {
    let isAnswering = false;
    for (;;) {
      await time.sleep(POLL_MS);
      requests += 1;
      const reply = await system.get(jobId);
      if (reply.status === 404) return;
      if (reply.status !== 200) {
        noteMissed();
        continue;
      }
      const { steps } = shownJob.parse(JSON.parse(reply.body));
      if (steps.some(({ status }) => status === "failed")) return;
      if (steps.every(({ status }) => status === "success" || status === "skipped")) return;
      const isAsked = steps.some(({ title, result }) => title === "mfa-challenge" && result !== null);
      if (isAsked && !isAnswering) {
        isAnswering = true;
        await answer(jobId);
      }
    }
  }

  async function answer(jobId: string): Promise<void> {
    await time.sleep(TYPING_MS);
    for (;;) {
      requests += 1;
      const reply = await system.answer(jobId);
      if (reply.status === 202 || reply.status === 409 || reply.status === 410) return;
      noteMissed();
      await time.sleep(ANSWER_AGAIN_MS);
    }
  }

  function noteMissed(): void {
    missed += 1;
    windowNow().missed += 1;
  }

  let at = START_MS;
  for (const { minutes, perSecond } of load) {
    const end = at + minutes * MINUTE_MS;
    // Clients come independently of each other.
    for (let next = at + gapMs(random, perSecond); next < end; next += gapMs(random, perSecond)) {
      const arrival = next;
      time.after(arrival - time.now(), () => {
        offered += 1;
        windowNow().offered += 1;
        void client();
      });
    }
    at = end;
  }
  const slots = observeSlots(time, system, windowNow);
  await time.runUntil(at);
  const drainEnd = at + (scenario.drainMinutes ?? 30) * MINUTE_MS;
  while (time.now() < drainEnd && (told.size > 0 || clients > 0)) await time.runUntil(time.now() + WINDOW_MS);
  // Whatever is left to do after the last job, such as deleting its secrets.
  await time.runUntil(time.now() + 3 * MINUTE_MS);
  slots.stop();

  const { account } = system;
  const ended = seconds.length;
  return {
    windows: Array.from({ length: windows.length }, (_, index) => windows[index] ?? blank()),
    offered,
    accepted: windows.reduce((sum, window) => sum + (window?.accepted ?? 0), 0),
    succeeded: ended - Object.values(failed).reduce((sum, each) => sum + each, 0),
    failed,
    turnedAway,
    lost: told.size,
    doubled: Math.max(
      0,
      system.logins() - ended - [...system.rows.values()].filter((job) => !isFinished(job)).length,
    ),
    secretsLeft: system.secrets().length,
    replies,
    missed,
    requests,
    throttled: Object.fromEntries(account.throttled()),
    seconds,
    secondsByWindow: Array.from({ length: windows.length }, (_, index) => secondsByWindow[index] ?? []),
    mostRunning: account.mostRunning,
    usage: {
      ...account.calls,
      tokens: account.taken(),
      transitions: system.transitions(),
      invocations: Object.fromEntries(account.invocations),
      slotSeconds: [...account.slotMs.values()].reduce((sum, each) => sum + each, 0) / 1000,
    },
  };
}

function gapMs(random: () => number, perSecond: number): number {
  return perSecond === 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - random()) / perSecond) * 1000;
}

function nameOf({ status, retryAfterSeconds }: SeenReply): string {
  if (status < 300) return String(status);
  return `${status} ${retryAfterSeconds === undefined ? "without" : "with"} Retry-After`;
}

/** Looks once a second how many functions run. */
function observeSlots(time: VirtualTime, { account }: SimulatedSystem, windowNow: () => Window) {
  let isStopped = false;
  const look = () => {
    if (isStopped) return;
    windowNow().running += account.running / (WINDOW_MS / 1000);
    time.after(1_000, look);
  };
  time.after(500, look);
  return {
    stop(): void {
      isStopped = true;
    },
  };
}

/** The element at an index, which is made if it is missing. */
function found<Element>(list: Element[], index: number, make: () => Element): Element {
  const element = list[index] ?? make();
  list[index] = element;
  return element;
}
