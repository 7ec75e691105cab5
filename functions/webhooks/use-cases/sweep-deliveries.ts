import type { Clock } from "../../jobs/domain/clock.ts";
import { DRAINED_PER_SECOND, type Endpoint, type EndpointState, WELL } from "../domain/endpoint.ts";
import type { DeliverySweep } from "../domain/measurements.ts";
import { jobIdIn, type Message } from "../domain/message.ts";
import type { WaitingMessage } from "../domain/ports.ts";
import {
  AT_ONCE,
  attempt,
  claim,
  type DeliverDeps,
  endpointEvent,
  inPool,
  isItsTurn,
  msUntilDue,
  nextProbeAt,
  type Sent,
  sendInOrder,
  type Turn,
} from "./deliver.ts";

export interface SweepDeliveriesDeps extends DeliverDeps {
  newId(): string;
  /** Receives every endpoint whose sweep failed. */
  onNotSwept(error: unknown): void;
}

/** The function ends after 5 minutes. Then another sweep may take the endpoint. */
const LEASE_MS = 5 * 60_000;
/** No attempt begins later than this after the start of a sweep: an attempt takes up to 15 seconds. */
const WORKS_MS = 4 * 60_000;

/** A failing endpoint is probed with this many of its oldest messages in turn. */
const PROBED_MESSAGES = 10;

/** The most messages of an endpoint that are read at a time. */
const PAGE = 500;

/**
 * Sends what is due, to all endpoints at the same time: later attempts, first attempts of functions that died, probes of failing
 * endpoints, and held messages once an endpoint replies again. Deletes the messages of deleted endpoints. Skips an endpoint
 * whose lease another sweep holds.
 */
export async function sweepDeliveries(deps: SweepDeliveriesDeps): Promise<DeliverySweep> {
  const { endpoints } = await deps.endpoints.read();
  const holder = deps.newId();
  const found = await Promise.all(
    endpoints.map((endpoint) =>
      sweepEndpoint(deps, endpoint, holder).catch((error: unknown) => {
        deps.onNotSwept(error);
        return NOTHING;
      }),
    ),
  );
  const oldest = found.flatMap(({ oldestWaiting }) => oldestWaiting ?? []).toSorted()[0];
  return { failing: found.filter(({ isFailing }) => isFailing).length, oldestWaiting: oldest };
}

const NOTHING: { isFailing: boolean; oldestWaiting: string | undefined } = {
  isFailing: false,
  oldestWaiting: undefined,
};

async function sweepEndpoint(deps: SweepDeliveriesDeps, endpoint: Endpoint, holder: string) {
  const { clock, endpointStates, messages } = deps;
  const { id, status } = endpoint;
  if (status === "disabled") return disabled(deps, endpoint);
  const [first] = await messages.waiting(id, 1);
  const before = await endpointStates.read(id);
  const isIdle = first === undefined && before.mode === undefined && status !== "deleted";
  if (isIdle) return NOTHING;
  if (await endpointStates.lease(id, holder, clock.after(LEASE_MS))) {
    try {
      await (status === "deleted" ? purge(deps, endpoint) : sendDue(deps, endpoint, before));
    } finally {
      await endpointStates.release(id, holder);
    }
  }
  if (status === "deleted") return NOTHING;
  const [oldest] = await messages.waiting(id, 1);
  const { mode } = await endpointStates.read(id);
  return { isFailing: mode === "failing", oldestWaiting: oldest?.createdAt };
}

/** The function that disabled it may have died before it announced this. */
const TELLS_AGAIN_MS = 10 * 60_000;

/** Counts an endpoint whose receiver is gone as failing: its owner has to know. One that its owner disabled is in order. */
async function disabled({ clock, announce }: SweepDeliveriesDeps, { id, disabledAt }: Endpoint) {
  if (disabledAt === undefined) return NOTHING;
  const isNew = -clock.msUntil(new Date(disabledAt)) < TELLS_AGAIN_MS;
  if (isNew) await announce(endpointEvent(id, "disabled", disabledAt));
  return { isFailing: true, oldestWaiting: undefined };
}

async function sendDue(deps: SweepDeliveriesDeps, endpoint: Endpoint, before: EndpointState): Promise<void> {
  const until = deps.clock.after(WORKS_MS);
  const { mode, since = "" } = before.mode === "failing" ? await probe(deps, endpoint, before) : before;
  if (mode === "failing") return;
  if (mode === "draining") {
    const isEnd = await drain(deps, endpoint, { until, isWanted: ({ createdAt }) => createdAt <= since });
    if (!isEnd) return;
  }
  // Messages that were made while it was draining were left to this sweep, before they are due.
  const isWanted = (one: WaitingMessage) =>
    msUntilDue(deps, one) <= 0 || (mode === "draining" && one.createdAt > since);
  const mayBegin: Turn = async (_, message) =>
    deps.clock.msUntil(until) > 0 && (await claim(deps, message)) && { counts: true };
  const send = (id: string) => sendInOrder(deps, endpoint, id, mayBegin);
  await sendWaiting(deps, endpoint, { isWanted, until, send });
}

interface SendWaiting {
  isWanted(message: WaitingMessage): boolean;
  until: Date;
  send(id: string): Promise<Sent>;
}

/**
 * Sends each message that waits and is wanted, once, oldest first. Returns whether all of them were sent: not if the time is over, or
 * if the endpoint gets nothing more at the moment.
 */
async function sendWaiting(
  { clock, messages }: SweepDeliveriesDeps,
  { id: endpointId }: Endpoint,
  { isWanted, until, send }: SendWaiting,
): Promise<boolean> {
  const seen = new Set<string>();
  let isHeld = false;
  const mayGoOn = () => !isHeld && clock.msUntil(until) > 0;
  for (;;) {
    const limit = PAGE + seen.size;
    const waiting = await messages.waiting(endpointId, limit);
    const left = waiting.filter((message) => !seen.has(message.id) && isWanted(message));
    for (const { id } of waiting) seen.add(id);
    await inPool(left, AT_ONCE, async ({ id }) => {
      if (mayGoOn() && (await send(id)).isHeld) isHeld = true;
    });
    if (!mayGoOn()) return false;
    if (left.length === 0 && waiting.length < limit) return true;
  }
}

/**
 * Sends one of the ten oldest messages of a failing endpoint, if a probe is due: the next one each time, because the receiver may
 * refuse only one of them. Returns the state of the endpoint after it.
 */
async function probe(deps: SweepDeliveriesDeps, endpoint: Endpoint, state: EndpointState) {
  const { clock, endpointStates, messages } = deps;
  if (state.probeAt !== undefined && clock.msUntil(new Date(state.probeAt)) > 0) return state;
  const { probes = 0 } = state;
  const waiting = await messages.waiting(endpoint.id, 1 + (probes % PROBED_MESSAGES));
  const message = await firstToSend(deps, endpoint, waiting.toReversed());
  // The function that found it failing may have died before it announced this.
  if (state.since !== undefined) await deps.announce(endpointEvent(endpoint.id, "failing", state.since));
  // No message is left for a probe: the next message shows the state of the endpoint.
  const answers =
    message === undefined
      ? waiting.length === 0
      : (await attempt(deps, endpoint, message, { counts: false })).isSuccess;
  const draining = { failures: 0, mode: "draining", since: clock.now().toISOString() } as const;
  const next: EndpointState = answers
    ? draining
    : { ...state, probes: probes + 1, probeAt: nextProbeAt(deps) };
  return (await endpointStates.change(endpoint.id, "failing", next))
    ? next
    : endpointStates.read(endpoint.id);
}

/** Returns the first message that waits to be sent, and whose turn it is. */
async function firstToSend(
  deps: SweepDeliveriesDeps,
  endpoint: Endpoint,
  candidates: readonly WaitingMessage[],
): Promise<Message | undefined> {
  for (const { id } of candidates) {
    const message = await deps.messages.find(endpoint.id, id);
    if (message?.status === "pending" && (await isItsTurn(deps, message))) return message;
  }
  return undefined;
}

/**
 * Sends held messages, oldest first, no faster than 10 a second. Returns whether the endpoint is well after it. An attempt
 * before the time of a message does not count, so that its ten attempts still take days.
 */
async function drain(
  deps: SweepDeliveriesDeps,
  endpoint: Endpoint,
  { until, isWanted }: Pick<SendWaiting, "until" | "isWanted">,
): Promise<boolean> {
  const { clock, endpointStates } = deps;
  const turn = pace(clock, DRAINED_PER_SECOND);
  const mayBegin: Turn = async (_, message) => {
    const isDue = msUntilDue(deps, message) <= 0;
    // The function that was woken may be about to send it.
    if (!isDue && message.tries === 0) return false;
    await turn();
    const { mode } = await endpointStates.read(endpoint.id);
    const maySend = mode === "draining" && clock.msUntil(until) > 0 && (await claim(deps, message));
    return maySend && { counts: isDue };
  };
  const send = async (id: string) => {
    const { isHeld } = await sendInOrder(deps, endpoint, id, mayBegin);
    return { isHeld: isHeld || (await endpointStates.read(endpoint.id)).mode !== "draining" };
  };
  const isEnd = await sendWaiting(deps, endpoint, { isWanted, until, send });
  return isEnd && endpointStates.change(endpoint.id, "draining", WELL);
}

/** Returns a function that waits for the next turn, after all turns before. The first turn is at once. */
function pace(clock: Clock, perSecond: number): () => Promise<void> {
  let next = clock.now();
  let last = Promise.resolve();
  const wait = async () => {
    const waitMs = clock.msUntil(next);
    if (waitMs > 0) await clock.sleep(waitMs);
    next = clock.after(1000 / perSecond);
  };
  return () => {
    last = last.then(wait);
    return last;
  };
}

/** Deletes the messages of a deleted endpoint, as many as there is time for, and then the endpoint. */
async function purge(deps: SweepDeliveriesDeps, { id, secrets }: Endpoint): Promise<void> {
  // The function that deleted the endpoint may have died before it destroyed its secrets.
  for (const { number } of secrets) await deps.endpointSecrets.destroy(id, number);
  const until = deps.clock.after(WORKS_MS);
  for (;;) {
    if (deps.clock.msUntil(until) <= 0) return;
    const page = await deps.messages.page(id, { limit: PAGE, from: undefined, wanted: undefined });
    const found = page?.messages ?? [];
    if (found.length === 0) break;
    await inPool(found, AT_ONCE, async (message) => {
      const jobId = jobIdIn(message);
      if (jobId !== undefined) await deps.messages.forgetNewest(id, jobId);
      await deps.messages.remove(id, message.id);
    });
  }
  await deps.endpointStates.remove(id);
  const list = await deps.endpoints.read();
  // If it was written meanwhile, the next sweep finds the endpoint again.
  await deps.endpoints.write(
    list.endpoints.filter((each) => each.id !== id || each.status !== "deleted"),
    list,
  );
}
