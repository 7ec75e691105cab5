import { type OtherEvent, otherEventId } from "../../events/domain/event.ts";
import type { WebhookEventType } from "../../events/domain/event-types.ts";
import type { Clock } from "../../jobs/domain/clock.ts";
import type { Metrics } from "../../jobs/domain/ports.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import { type Endpoint, FAILING_AFTER, PROBE_EVERY_MS, signingSecrets } from "../domain/endpoint.ts";
import { measureAttempt } from "../domain/measurements.ts";
import { afterAttempt, firstDueAt, isGone, type Message, type Outcome } from "../domain/message.ts";
import type { EndpointSecrets, EndpointStates, Endpoints, Messages, Sender, Woken } from "../domain/ports.ts";
import { REPLY_WITHIN_MS } from "../domain/retries.ts";

export interface DeliverDeps {
  clock: Clock;
  /** From 0 up to, but not including, 1. */
  random(): number;
  endpoints: Endpoints;
  endpointStates: EndpointStates;
  endpointSecrets: Pick<EndpointSecrets, "reveal" | "destroy">;
  messages: Messages;
  sender: Sender;
  metrics: Metrics;
  /** Returns the body of a message; `undefined` if its event was erased. */
  bodyOf(endpoint: Endpoint, message: Message): Promise<string | undefined>;
  /** Stores an event about an endpoint, and makes its messages. */
  announce(event: OtherEvent): Promise<void>;
}

/** The most requests to one receiver that are open at a time. */
export const AT_ONCE = 10;

/** The function that makes an attempt also makes the next one if it is due so soon. */
const SOON_MS = 10_000;

/**
 * Makes the first attempts of messages, for all endpoints at the same time: a receiver that is down delays no other. Leaves the
 * messages of an endpoint that is not well to the sweeper, except those that its owner asked for.
 */
export async function deliver(deps: DeliverDeps, refs: readonly Woken[]): Promise<void> {
  const { endpoints } = await deps.endpoints.read();
  const groups = Map.groupBy(refs, ({ endpointId }) => endpointId);
  const results = await Promise.allSettled(
    [...groups].map(async ([endpointId, ofOne]) => {
      const endpoint = endpoints.find(({ id, status }) => id === endpointId && status !== "deleted");
      if (endpoint !== undefined) await deliverTo(deps, endpoint, ofOne);
    }),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function deliverTo(deps: DeliverDeps, endpoint: Endpoint, refs: readonly Woken[]): Promise<void> {
  const { mode } = await deps.endpointStates.read(endpoint.id);
  const isWell = mode === undefined && endpoint.status === "active";
  const wanted = isWell ? refs : refs.filter(({ isResend }) => isResend);
  let isHeld = false;
  await inPool(wanted, AT_ONCE, async ({ id, isResend }) => {
    if (isResend) await sendAgain(deps, endpoint, id);
    else if (!isHeld && (await sendInOrder(deps, endpoint, id, inTime)).isHeld) isHeld = true;
  });
}

/** Calls `work` for every element, in order, with at most `size` concurrent calls. Throws the first error after all have ended. */
export async function inPool<One>(
  all: readonly One[],
  size: number,
  work: (one: One) => Promise<void>,
): Promise<void> {
  const left = [...all];
  const errors: unknown[] = [];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      await work(one).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: size }, worker));
  if (errors.length > 0) throw errors[0];
}

async function sendAgain(deps: DeliverDeps, endpoint: Endpoint, id: string): Promise<void> {
  const message = await deps.messages.find(endpoint.id, id);
  if (message !== undefined) await attempt(deps, endpoint, message, { counts: false });
}

export interface Sent {
  /** Whether the endpoint gets no further messages now, because it is failing or disabled. */
  isHeld: boolean;
}

/**
 * Decides whether a message may be sent now, and whether the attempt is one of its ten. Called for each message right before its
 * attempts.
 */
export type Turn = (
  deps: DeliverDeps,
  message: Message,
  isFirst: boolean,
) => Promise<false | { counts: boolean }>;

/** The time of an attempt and of storing its result. */
const ATTEMPT_MS = REPLY_WITHIN_MS + 5_000;

/**
 * The turn of a function that was woken. Until its first `dueAt`, a message belongs to this function. The function leaves a message
 * that it cannot begin in time to the sweeper, so that only one of them sends it.
 */
const inTime: Turn = async (deps, message, isFirst) => {
  const isMine = isFirst ? msUntilDue(deps, message) >= ATTEMPT_MS : await claim(deps, message);
  return isMine && { counts: true };
};

export function msUntilDue({ clock }: Pick<DeliverDeps, "clock">, { dueAt }: Pick<Message, "dueAt">): number {
  return clock.msUntil(new Date(dueAt ?? 0));
}

/** Takes a message for a minute. Returns false if another function has taken it, or has sent it. */
export function claim(deps: DeliverDeps, message: Message): Promise<boolean> {
  return deps.messages.claim(message, takenUntil(deps));
}

/** Sends a message that waits, and then the later ones of its job that waited for it. */
export async function sendInOrder(
  deps: DeliverDeps,
  endpoint: Endpoint,
  id: string,
  mayBegin: Turn,
): Promise<Sent> {
  for (let next: string | undefined = id; next !== undefined; ) {
    const message: Message | undefined = await deps.messages.find(endpoint.id, next);
    if (message === undefined || message.status !== "pending" || !(await isItsTurn(deps, message))) break;
    const turn = await mayBegin(deps, message, next === id);
    if (!turn) break;
    const settled = await settle(deps, endpoint, message, turn);
    if (settled.isHeld) return { isHeld: true };
    next = settled.next;
  }
  return { isHeld: false };
}

/** Returns whether the earlier message of the job was delivered, or has finally failed. */
export async function isItsTurn(
  { messages }: Pick<DeliverDeps, "messages">,
  { endpointId, previous }: Message,
): Promise<boolean> {
  if (previous === undefined) return true;
  const earlier = await messages.find(endpointId, previous);
  return earlier === undefined || earlier.status !== "pending";
}

interface Settled extends Sent {
  /** The message that waited for this one, if it waits no longer. */
  next: string | undefined;
}

/** Makes an attempt, and the next one if it is due soon. */
async function settle(
  deps: DeliverDeps,
  endpoint: Endpoint,
  first: Message,
  turn: { counts: boolean },
): Promise<Settled> {
  let message: Message | undefined = first;
  while (message?.status === "pending") {
    const made = await attempt(deps, endpoint, message, turn);
    if (made.isHeld) return { next: undefined, isHeld: true };
    message = made.message;
    if (message?.status !== "pending") break;
    if (made.againInMs === undefined) return { next: undefined, isHeld: false };
    await deps.clock.sleep(made.againInMs);
    message = await deps.messages.find(endpoint.id, first.id);
  }
  return { next: message?.next, isHeld: false };
}

interface AttemptResult extends Sent {
  /** As it is stored after the attempt; `undefined` if it was deleted. */
  message: Message | undefined;
  isSuccess: boolean;
  /** In milliseconds, if the function that made the attempt is to make the next one too. */
  againInMs: number | undefined;
}

/** Makes one attempt. Stores its result with the message, and in the state of its endpoint. */
export async function attempt(
  deps: DeliverDeps,
  { id }: Pick<Endpoint, "id">,
  message: Message,
  { counts }: { counts: boolean },
): Promise<AttemptResult> {
  const { clock, messages } = deps;
  const nothing = { isSuccess: false, againInMs: undefined };
  // Its owner may have changed it since this function began.
  const endpoint = await activeEndpoint(deps, id);
  if (endpoint === undefined) return { ...nothing, message, isHeld: true };
  const body = await deps.bodyOf(endpoint, message);
  if (body === undefined) {
    await messages.remove(id, message.id);
    return { ...nothing, message: undefined, isHeld: false };
  }
  const at = clock.now();
  const outcome = await send(deps, endpoint, { id: message.id, body, at });
  const made = { outcome, at, url: endpoint.url, counts, random: deps.random() };
  const after = afterAttempt(message, made, (ms) => clock.after(ms));
  const isSuccess = after.attempts.at(-1)?.isSuccess ?? false;
  const againInMs = counts ? soon(deps, after) : undefined;
  const stored =
    isSuccess || message.status === "pending"
      ? await messages.settle(againInMs === undefined ? after : { ...after, dueAt: takenUntil(deps) })
      : await messages.noteAttempts(after);
  deps.metrics.measure(() => measureAttempt(after));
  if (isGone(outcome)) await disable(deps, endpoint);
  const isHeld = isGone(outcome) || (counts && !isSuccess && (await noteFailure(deps, endpoint)));
  if (isSuccess) await noteSuccess(deps, endpoint);
  return { message: stored, isSuccess, isHeld, againInMs };
}

async function activeEndpoint(
  { endpoints }: Pick<DeliverDeps, "endpoints">,
  endpointId: string,
): Promise<Endpoint | undefined> {
  const list = await endpoints.read();
  return list.endpoints.find(({ id, status }) => id === endpointId && status === "active");
}

/** Returns the milliseconds until the next attempt, if this function is to make it. */
function soon(deps: DeliverDeps, message: Message): number | undefined {
  const waitMs = msUntilDue(deps, message);
  return message.status !== "pending" || waitMs > SOON_MS ? undefined : Math.max(0, waitMs);
}

function takenUntil({ clock }: DeliverDeps): string {
  return firstDueAt((ms) => clock.after(ms));
}

async function send(
  deps: DeliverDeps,
  endpoint: Endpoint,
  { id, body, at }: { id: string; body: string; at: Date },
): Promise<Outcome> {
  const secrets: Secret[] = [];
  for (const { number } of signingSecrets(endpoint, at)) {
    const secret = await deps.endpointSecrets.reveal(endpoint.id, number);
    if (secret !== undefined) secrets.push(secret);
  }
  if (secrets.length === 0) return { kind: "none", why: "not-signed" };
  return deps.sender.send({ url: endpoint.url, id, body, secrets, at });
}

/** Returns whether the endpoint is failing now. */
async function noteFailure(deps: DeliverDeps, { id }: Endpoint): Promise<boolean> {
  const { failures, mode } = await deps.endpointStates.countFailure(id);
  if (mode === "failing") return true;
  if (failures < FAILING_AFTER) return false;
  const { clock } = deps;
  const since = clock.now().toISOString();
  const probeAt = nextProbeAt(deps);
  if (await deps.endpointStates.change(id, mode, { failures, mode: "failing", probeAt, since })) {
    await deps.announce(endpointEvent(id, "failing", since));
  }
  return true;
}

/** Failures that are not in a row do not add up. */
async function noteSuccess({ endpointStates }: DeliverDeps, { id }: Endpoint): Promise<void> {
  const state = await endpointStates.read(id);
  if (state.failures === 0 || state.mode === "failing") return;
  await endpointStates.change(id, state.mode, { ...state, failures: 0 });
}

const MAX_ROUNDS = 5;

/** Only the URL that replied is gone: its owner may have given the endpoint another one meanwhile. */
async function disable(deps: DeliverDeps, { id, url }: Endpoint): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const list = await deps.endpoints.read();
    const isIt = (each: Endpoint) => each.id === id && each.status === "active" && each.url === url;
    if (!list.endpoints.some(isIt)) return;
    const disabledAt = deps.clock.now().toISOString();
    const disabled = { status: "disabled", disabledAt } as const;
    const changed = list.endpoints.map((each) => (isIt(each) ? { ...each, ...disabled } : each));
    if (await deps.endpoints.write(changed, list)) {
      await deps.announce(endpointEvent(id, "disabled", disabledAt));
      return;
    }
  }
}

export function nextProbeAt({ clock, random }: Pick<DeliverDeps, "clock" | "random">): string {
  return clock.after(PROBE_EVERY_MS * (1 + random() / 10)).toISOString();
}

/** The same state always makes the same event: it may be announced again. */
export function endpointEvent(id: string, eventType: WebhookEventType, at: string): OtherEvent {
  return {
    id: otherEventId("webhook", eventType, id, at),
    entity: "webhook",
    eventType,
    path: `/notifications/webhooks/${id}`,
  };
}
