import type * as z from "zod";
import { eventListReply } from "../../functions/http/reply-schemas.ts";
import { type HttpReply, type MobileBackend, pauseAfter } from "./mobile-backend.ts";

/*
 * The requests for events. Each returns the reply as it came.
 */

export function listEvents(backend: MobileBackend, query: Record<string, string> = {}): Promise<HttpReply> {
  return backend.call("GET", `/events?${new URLSearchParams(query)}`);
}

export function eventsIn({ status, json }: HttpReply): z.infer<typeof eventListReply> {
  if (status !== 200) throw new Error(`Expected 200, got ${status}: ${JSON.stringify(json)}`);
  return eventListReply.parse(json);
}

export function ofUser({ userId }: MobileBackend): string {
  return `user.id.eq('${userId}')`;
}

const MAX_POLLS = 500;

/** Polls until the user's events have one of these types, and returns them all. */
export async function eventsUntil(backend: MobileBackend, ...types: string[]) {
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    const { data } = eventsIn(await listEvents(backend, { filter: ofUser(backend) }));
    if (data.some(({ eventType }) => types.includes(eventType))) return data;
    await pauseAfter(polls);
  }
  throw new Error(`No event ${types.join(" or ")} came.`);
}

/** Polls until a job of the user has ended by its events, and returns the numbers of them all. */
export async function sequencesOf(backend: MobileBackend): Promise<number[]> {
  const events = await eventsUntil(backend, "succeeded", "failed", "cancelled");
  return events.map(({ data }) => data.sequence);
}
