import { createHash } from "node:crypto";
import type { OtherEvent } from "../../events/domain/event.ts";
import { eventTypeOf, isOfAggregator } from "../../events/domain/event-types.ts";

/** A message of the aggregator's webhook. We do not trust it: we fetch its event first. */
export interface UpstreamMessage {
  /** Its `webhook-id`: a message that comes again has the same. */
  id: string;
  /** The aggregator's id of the event. */
  eventId: string;
}

export interface StoredUpstreamMessage extends UpstreamMessage {
  /** ISO 8601. When it came. */
  since: string;
}

/** An event that the aggregator does not have may appear within this time: its webhook may be faster than its list of events. */
export const MAY_APPEAR_MS = 5 * 60_000;

/** For this long, a repeated message changes nothing, and we try again to fetch an event that cannot be fetched. */
export const MESSAGE_DAYS = 3;

/** The form of a `webhook-id` that can be part of a key. */
export const MESSAGE_ID = /^[\w.:-]{1,128}$/;

/** In bytes. A message names one event. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

/** An event as the aggregator shows it. */
export interface UpstreamEvent {
  id: string;
  entity: string;
  eventType: string;
  /** In lower case. */
  userId: string;
  /** The path of what the event is about, as the aggregator names it. */
  path: string;
}

/** A consent of a user, as the aggregator shows it. */
export interface UpstreamConsent {
  id: string;
  isActive: boolean;
}

/** Returns our event for one of the aggregator; `undefined` if it is of no type that is published. */
export function eventFrom({ id, entity, eventType, userId, path }: UpstreamEvent): OtherEvent | undefined {
  const type = eventTypeOf(`${entity}.${eventType}`);
  if (type === undefined || !isOfAggregator(type.entity)) return undefined;
  return {
    id: createHash("sha256").update(`upstream ${id}`).digest("hex"),
    entity: type.entity,
    eventType: type.eventType,
    userId,
    path: pathOnOurApi(userId, path),
  };
}

const OF_A_USER = /^(?:\/(?:connections|accounts|transactions)(?:\/[\w.~-]{1,128})?)?$/;

/** Our API has the same paths for these things. A path of another form, or of another user, becomes the path of the user. */
function pathOnOurApi(userId: string, path: string): string {
  const user = `/users/${userId}`;
  const isOfUser = path.slice(0, user.length).toLowerCase() === user;
  const rest = path.slice(user.length);
  return isOfUser && OF_A_USER.test(rest) ? user + rest : user;
}

/** Whether an event says that a consent has ended, and with it connections of the user. */
export function endsConsent({ entity, eventType }: Pick<UpstreamEvent, "entity" | "eventType">): boolean {
  return entity === "consent" && (eventType === "revoked" || eventType === "expired");
}

/** Whether an event says that a connection was made. Its job may have begun in the Consent UI. */
export function makesConnection({ entity, eventType }: Pick<UpstreamEvent, "entity" | "eventType">): boolean {
  return entity === "connection" && (eventType === "created" || eventType === "activated");
}

/** Returns whether the consent that an event is about is one that the aggregator still shows as active. */
export function isStillActive({ path }: UpstreamEvent, consents: readonly UpstreamConsent[]): boolean {
  const named = path.split("/").at(-1)?.toLowerCase();
  return consents.some(({ id, isActive }) => isActive && id.toLowerCase() === named);
}
