import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { replayReply, webhookWithSecretReply } from "../../../functions/http/reply-schemas.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { dynamoJobStore } from "../../../functions/jobs/store/job-store.ts";
import { systemClock } from "../../../functions/platform/clock.ts";
import { dynamoMessages } from "../../../functions/webhooks/store/messages.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { challengeIn, isOver, MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { followingJob, jobOf } from "../../support/job-examples.ts";
import { allRows } from "../../support/local-aws.ts";
import { seededIds } from "../../support/seeded-ids.ts";
import { figuresSchema, KINDS, type Kind } from "./load-kinds.ts";

const SEED = 20_261_130;

/** Receivers in a thread of their own, each with a webhook that gets all events. */
export async function startReceivers(
  target: Target,
  { timeScale, slowReplies = 0 }: { timeScale: number; slowReplies?: number },
) {
  const well = new SharedArrayBuffer(4);
  const workerData = { timeScale, slowReplies, seed: SEED, well };
  const worker = new Worker(new URL("./load-receivers.ts", import.meta.url), { workerData });
  const owner = new MobileBackend(target);
  const ids = new Map<Kind, string>();

  async function ask(question: object): Promise<unknown> {
    worker.postMessage(question);
    const [answer] = await once(worker, "message");
    return answer;
  }

  return {
    /** Begins to receive. */
    async add(kind: Kind, ordering: "none" | "job" = "job"): Promise<void> {
      const url = `${z.string().parse(await ask({ listen: kind }))}/`;
      const { status, json } = await owner.call("POST", "/notifications/webhooks", {
        ...{ url, payload: "full", ordering },
      });
      if (status !== 201) throw new Error(`The webhook was answered with ${status}.`);
      ids.set(kind, webhookWithSecretReply.parse(json).id);
    },
    async remove(kind: Kind): Promise<void> {
      await owner.call("DELETE", `/notifications/webhooks/${ids.get(kind)}`);
      ids.delete(kind);
    },
    /** Makes everything due that waits for a receiver: what has failed four times waits for hours. */
    async replay(kind: Kind): Promise<void> {
      const path = `/notifications/webhooks/${ids.get(kind)}/replay`;
      const times = { from: new Date(0).toISOString(), to: new Date(Date.now() + 1000).toISOString() };
      for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
        const { status, json } = await owner.call("POST", path, { ...times, only: "held", after });
        if (status !== 202) throw new Error(`The replay was answered with ${status}.`);
        after = replayReply.parse(json).next;
      }
    },
    /** From now on the receiver is well. */
    cure: (kind: Kind) => ask({ cure: kind }),
    figures: async () => z.partialRecord(z.enum(KINDS), figuresSchema).parse(await ask({ figures: true })),
    /** When each event arrived at the receiver that is well. */
    arrivals: async () =>
      new Map(z.array(z.tuple([z.string(), z.number()])).parse(await ask({ arrivals: true }))),
    /** How many messages have arrived at the receiver that is well. */
    atWell: () => Atomics.load(new Int32Array(well), 0),
    /** Whether messages wait for a receiver. */
    async isWaiting(kind: Kind): Promise<boolean> {
      return (await messagesStore(timeScale).waiting(ids.get(kind) ?? "", 1)).length > 0;
    },
    close: () => worker.terminate(),
  };
}

const client = new DynamoDBClient({
  region: "local",
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
});

function messagesStore(timeScale: number) {
  return dynamoMessages(client, process.env["EVENTS_TABLE"] ?? "", systemClock(timeScale));
}

const LOOK_EVERY_MS = 50;

/** Waits until something holds, however long that takes, up to a limit. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  for (const end = Date.now() + withinMs; Date.now() < end; ) {
    if (await holds()) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`Not in time: ${what}.`);
}

const eventRow = z.object({
  pk: z.string().startsWith("event#"),
  id: z.string(),
  job: z.object({ updatedAt: z.string() }),
});

/** All events about jobs that are stored, with the time of the change that each is about, in milliseconds since 1970. */
export async function storedEvents(): Promise<Map<string, number>> {
  const rows = (await allRows()).flatMap(({ rows }) => rows);
  return new Map(
    rows.flatMap((row) => {
      const event = eventRow.safeParse(unmarshall(row)).data;
      return event === undefined ? [] : [[event.id, Date.parse(event.job.updatedAt)] as const];
    }),
  );
}

/** Runs a whole job. Every second one has a challenge, for whose answer it may be too late on a busy machine. */
export async function wholeJob(target: Target, nth: number): Promise<void> {
  const backend = new MobileBackend(target);
  const asks = nth % 2 === 0;
  const jobId = await backend.startJob(asks ? PIED_PIPER : HOOLI, asks ? LOGINS.jared : LOGINS.gavin);
  const { steps } = await backend.until(jobId, (steps) => isOver(steps) || challengeIn(steps) !== undefined);
  if (challengeIn(steps) !== undefined) await backend.answer(jobId, ["1234"]);
  await backend.untilOver(jobId);
}

/** The events of a job that the store alone writes. */
const EVENTS_OF_ROWS = 3;

/** Writes jobs with their own store, as the functions do that drive them: three events each. */
export async function writtenJobs(
  events: number,
  options: { timeScale: number; seed?: number; before(events: number): Promise<void> },
): Promise<number> {
  const { timeScale, seed = 0, before } = options;
  const ids = seededIds(SEED + seed, 2 * Math.ceil(events / EVENTS_OF_ROWS) + 10);
  const store = dynamoJobStore({
    client,
    tableName: process.env["JOBS_TABLE"] ?? "",
    clock: systemClock(timeScale),
    retentionDays: 400,
    newId: () => crypto.randomUUID(),
  });
  let made = 0;
  for (; made < events; made += EVENTS_OF_ROWS) {
    await before(made);
    const now = new Date().toISOString();
    const named = { id: ids.pop() ?? "", userId: ids.pop() ?? "", createdAt: now, updatedAt: now };
    const versions: Job[] = [
      jobOf(named),
      jobOf({ ...named, phase: "opening", attempt: 1, version: 2, eventCount: 1 }),
      followingJob({ ...named, version: 3, connectionId: "c1", eventCount: 2 }),
      followingJob({ ...named, version: 4, connectionId: "c1", phase: "succeeded", eventCount: 3 }),
    ];
    for (const [index, version] of versions.entries()) {
      if (!(await store.add(version, versions[index - 1]))) throw new Error("A job was not written.");
    }
  }
  return made;
}

export interface Load {
  timeScale: number;
  /** At least so many, including those of the whole jobs. */
  events: number;
  jobs: number;
  slowReplies: number;
  /** How long the events may take, and then the messages that are held, each in milliseconds. */
  withinMs: number;
  /** What is going on, in words. */
  onPhase?(phase: string): void;
  /** Called after each quarter of the events that are written without whole jobs. */
  onQuarter?(quarter: number): void;
}

/** More messages than these are never on their way to the receiver that is well. */
const ON_THEIR_WAY = 24;
const JOBS_AT_ONCE = 8;

/**
 * Makes events, while one receiver fails 30 % of the time, one is down for the first half, one is slow at first, one redirects and one
 * is well. Then waits until everything was delivered, also to the one that redirected.
 */
export async function runLoad(target: Target, load: Load) {
  const { timeScale, jobs, withinMs, onQuarter = () => undefined, onPhase = () => undefined } = load;
  const receivers = await startReceivers(target, load);
  try {
    for (const kind of ["flaky", "down", "well"] as const) await receivers.add(kind);
    for (const kind of ["slow", "redirecting"] as const) await receivers.add(kind, "none");
    const left = Array.from({ length: jobs }, (_, nth) => nth);
    const worker = async () => {
      for (let nth = left.shift(); nth !== undefined; nth = left.shift()) await wholeJob(target, nth);
    };
    await Promise.all(Array.from({ length: JOBS_AT_ONCE }, worker));
    await settled();
    const ofJobs = (await storedEvents()).size;

    onPhase(`${ofJobs} events of ${jobs} whole jobs`);
    const rest = Math.max(0, load.events - ofJobs);
    let quarter = 0;
    const made = await writtenJobs(rest, {
      timeScale,
      async before(events) {
        if (events >= ((quarter + 1) * rest) / 4) onQuarter(++quarter);
        if (ofJobs + events >= load.events / 2) await receivers.cure("down");
        await until("the well", async () => ofJobs + events - receivers.atWell() < ON_THEIR_WAY, withinMs);
      },
    });
    const events = ofJobs + made;
    await receivers.cure("down");
    await until("the well", async () => receivers.atWell() >= events, withinMs);
    onPhase(`${events} events at the receiver that is well`);
    for (const kind of ["down", "slow", "flaky"] as const) {
      await receivers.cure(kind);
      await receivers.replay(kind);
      await until(kind, async () => !(await receivers.isWaiting(kind)), withinMs);
    }
    onPhase("what was held at three receivers was delivered");
    const redirected = (await receivers.figures()).redirecting?.accepted;
    await receivers.cure("redirecting");
    await until("redirecting", async () => !(await receivers.isWaiting("redirecting")), withinMs);
    onQuarter(4);
    return { events, ofJobs, redirected, figures: await receivers.figures() };
  } finally {
    await receivers.close();
  }

  /** Whole jobs are over a moment before their last events are stored. */
  async function settled(): Promise<void> {
    let before = -1;
    const holds = async () => {
      const now = receivers.atWell();
      const isSettled = now === before && now === (await storedEvents()).size;
      before = now;
      if (!isSettled) await sleep(500);
      return isSettled;
    };
    await until("the events of whole jobs", holds, withinMs);
  }
}
