import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { parentPort, workerData } from "node:worker_threads";
import * as z from "zod";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { type Figures, type Kind, optionsSchema } from "./load-kinds.ts";

/*
 * The receivers of a load, in a thread of their own, so that their memory is not that of the system. Each counts what it has
 * accepted, by the ids of the messages.
 */

const { timeScale, seed, slowReplies, well } = optionsSchema.parse(workerData);

/** As long as an attempt may take, and one second less: both divided by the scale. */
const SLOW_MS = 14_000 / timeScale;

/** The numbers of mulberry32, from 0 up to 1. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const message = z.object({
  eventTypeId: z.string(),
  eventId: z.string(),
  event: z.object({ dataRef: z.string(), data: z.object({ sequence: z.number().optional() }) }),
});

interface Kept {
  figures: Figures;
  /** The ids of messages that were accepted. */
  ids: Set<string>;
  /** The last sequence of each job. */
  sequences: Map<string, number>;
  /** When each event arrived for the first time, in milliseconds since 1970. */
  arrivals: [eventId: string, at: number][];
}

const kept = new Map<Kind, Kept>();
const cured = new Set<Kind>();

function accept(kind: Kind, id: string, body: string): void {
  const at = Date.now();
  const { eventTypeId, eventId, event } = message.parse(JSON.parse(body));
  const of = keptOf(kind);
  if (!eventTypeId.startsWith("job.")) return;
  if (of.ids.has(id)) {
    of.figures.twice += 1;
    return;
  }
  of.ids.add(id);
  of.figures.accepted += 1;
  if (kind === "well") of.arrivals.push([eventId, at]);
  if (kind === "well") Atomics.add(new Int32Array(well), 0, 1);
  const { sequence = 0 } = event.data;
  if (sequence < (of.sequences.get(event.dataRef) ?? 0)) of.figures.disorder += 1;
  of.sequences.set(event.dataRef, sequence);
}

function keptOf(kind: Kind): Kept {
  const found = kept.get(kind) ?? {
    figures: { requests: 0, accepted: 0, twice: 0, disorder: 0 },
    ids: new Set(),
    sequences: new Map(),
    arrivals: [],
  };
  kept.set(kind, found);
  return found;
}

const random = randomOf(seed);

/** Whether a receiver replies with a status, after a time, or not at all. */
function replyOf(kind: Kind): { status: number; afterMs?: number } | undefined {
  const { figures } = keptOf(kind);
  if (cured.has(kind)) return { status: 200 };
  switch (kind) {
    case "flaky":
      return { status: random() < 0.3 ? 500 : 200 };
    case "down":
      return { status: 503 };
    case "slow":
      return { status: 200, afterMs: figures.requests <= slowReplies ? SLOW_MS : 0 };
    case "redirecting":
      return { status: 302 };
    case "hanging":
      return undefined;
    default:
      return { status: 200 };
  }
}

async function receive(kind: Kind): Promise<string> {
  const server = createServer(async (request, response: ServerResponse) => {
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    keptOf(kind).figures.requests += 1;
    const reply = replyOf(kind);
    if (reply === undefined) return;
    const end = () => {
      // The sender has gone when its time is over: then it has seen no success.
      if (response.destroyed) return;
      if (reply.status === 200) accept(kind, String(request.headers["webhook-id"]), body);
      response.writeHead(reply.status, { location: "http://127.0.0.1:9/" }).end();
    };
    if (reply.afterMs === undefined || reply.afterMs === 0) end();
    else setTimeout(end, reply.afterMs);
  });
  return (await listenLocally(server)).url;
}

const asked = z.union([
  z.object({ listen: z.custom<Kind>() }),
  z.object({ cure: z.custom<Kind>() }),
  z.object({ figures: z.literal(true) }),
  z.object({ arrivals: z.literal(true) }),
]);

parentPort?.on("message", async (given: unknown) => {
  const question = asked.parse(given);
  if ("listen" in question) parentPort?.postMessage(await receive(question.listen));
  else if ("cure" in question) parentPort?.postMessage(cured.add(question.cure).size);
  else if ("figures" in question)
    parentPort?.postMessage(Object.fromEntries([...kept].map(([kind, { figures }]) => [kind, figures])));
  else parentPort?.postMessage(keptOf("well").arrivals);
});
