import type { Clock } from "../../jobs/domain/clock.ts";
import { derivedId } from "../../jobs/domain/idempotency.ts";
import { FIRST_ATTEMPT_WITHIN_MS, waitAfter } from "./retries.ts";

/** An event on its way to one endpoint. It holds no content: the event has it. */
export interface Message {
  /** The `webhook-id` of every attempt. A UUID, derived from the endpoint and the event. */
  id: string;
  endpointId: string;
  eventId: string;
  typeId: string;
  /** The path of what the event is about, relative to the address of our API. */
  path: string;
  /** ISO 8601. */
  createdAt: string;
  /** The number of the event among those of its job; 0 for other events. */
  sequence: number;
  /** A test message has a text in place of a stored event. */
  test?: { text?: string | undefined } | undefined;
  /** The message of the job's earlier event, at an endpoint that keeps the order. */
  previous?: string | undefined;
  /** The message of the job's next event, which is sent as soon as this one is settled. */
  next?: string | undefined;
  /** `pending` is shown as `held` while the endpoint is failing. */
  status: "pending" | "delivered" | "failed";
  /** ISO 8601. While it is pending: when the sweeper sends it. */
  dueAt?: string | undefined;
  /** How many attempts count: probes and what an owner asks for do not. */
  tries: number;
  /** The newest last. */
  attempts: Attempt[];
}

/** Returns the id of an event's message to an endpoint: the same however often the message is made. */
export function messageIdOf(endpointId: string, eventId: string): string {
  return derivedId(endpointId, eventId);
}

/** Returns the job that the event of a message is about. */
export function jobIdIn({ path }: Pick<Message, "path">): string | undefined {
  return /^\/jobs\/([^/]+)$/.exec(path)?.[1];
}

export interface Attempt {
  /** Counts the attempts of a message from 1. */
  number: number;
  /** ISO 8601. */
  at: string;
  url: string;
  /** Absent if no reply came. */
  responseStatus?: number | undefined;
  /** At most 256 bytes of the reply, or why there was none. */
  response: string;
  isSuccess: boolean;
}

/** The result of one attempt. */
export type Outcome =
  | { kind: "reply"; status: number; response: string; retryAfterSeconds?: number | undefined }
  /** No reply came, or nothing was sent. */
  | { kind: "none"; why: "timeout" | "refused-address" | "not-reached" | "not-signed" };

export const MAX_RESPONSE_BYTES = 256;

/** A message stores its newest attempts, up to this number. */
const MAX_ATTEMPTS = 20;

function isSuccess(outcome: Outcome): boolean {
  return outcome.kind === "reply" && outcome.status >= 200 && outcome.status <= 299;
}

/** The receiver says that it wants no more messages. */
export function isGone(outcome: Outcome): boolean {
  return outcome.kind === "reply" && outcome.status === 410;
}

export interface AttemptMade {
  outcome: Outcome;
  at: Date;
  url: string;
  /** Whether the attempt counts: a probe and a resend do not. */
  counts: boolean;
  /** From 0 up to, but not including, 1. */
  random: number;
}

/** Returns the message after an attempt: delivered, to be tried again, or failed for good. */
export function afterAttempt(message: Message, made: AttemptMade, after: (ms: number) => Date): Message {
  const { outcome, at, url, counts, random } = made;
  const attempt: Attempt = {
    number: (message.attempts.at(-1)?.number ?? 0) + 1,
    at: at.toISOString(),
    url,
    responseStatus: outcome.kind === "reply" ? outcome.status : undefined,
    response: outcome.kind === "reply" ? outcome.response : WHY[outcome.why],
    isSuccess: isSuccess(outcome),
  };
  const attempts = [...message.attempts, attempt].slice(-MAX_ATTEMPTS);
  const tries = message.tries + (counts ? 1 : 0);
  if (attempt.isSuccess) return { ...message, attempts, tries, status: "delivered", dueAt: undefined };
  // A failed probe or resend changes neither the due time of a waiting message, nor the status of another one.
  if (!counts) return { ...message, attempts };
  const askedMs = outcome.kind === "reply" ? (outcome.retryAfterSeconds ?? 0) * 1000 : 0;
  const waitMs = waitAfter(tries, random, askedMs);
  if (waitMs === undefined) return { ...message, attempts, tries, status: "failed", dueAt: undefined };
  return { ...message, attempts, tries, dueAt: after(waitMs).toISOString() };
}

const WHY = {
  timeout: "The receiver did not reply within 15 seconds.",
  "refused-address": "The address of the receiver is not allowed.",
  "not-reached": "The receiver could not be reached.",
  "not-signed": "The secret of the webhook is lost. Make a new one.",
} as const satisfies Record<Extract<Outcome, { kind: "none" }>["why"], string>;

/** Returns a message that waits for its first attempt. */
export function newMessage(
  about: Pick<Message, "endpointId" | "eventId" | "typeId" | "path" | "sequence" | "test">,
  clock: Pick<Clock, "now" | "after">,
): Message {
  return {
    ...about,
    id: messageIdOf(about.endpointId, about.eventId),
    createdAt: clock.now().toISOString(),
    status: "pending",
    dueAt: firstDueAt((ms) => clock.after(ms)),
    tries: 0,
    attempts: [],
  };
}

/** Returns when the sweeper sends a new message if the function that made it dies before it sends it. */
export function firstDueAt(after: (ms: number) => Date): string {
  return after(FIRST_ATTEMPT_WITHIN_MS).toISOString();
}
