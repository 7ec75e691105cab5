import { JOB_EVENT_TYPES, type JobEventType } from "../../jobs/domain/job-events.ts";

/** What the events of each type of a job mean, for `GET /events/types`. */
const OF_JOBS: { readonly [type in JobEventType]: string } = {
  created: "when a job has begun",
  updated: "when a job shows something new for which there is no other type, such as the progress of a step",
  "mfa-required": "when a job waits for an MFA response",
  "mfa-expired": "when the time for an MFA response is over",
  queued: "when a job waits because its institution is not available, or because nobody answered in time",
  "ready-for-user":
    "when the institution of a queued job is available again, and the job waits to be resumed",
  resumed: "when a queued job was resumed",
  succeeded: "when a job has succeeded",
  failed: "when a job has failed",
  cancelled: "when a job was cancelled",
};

/** The types of events about our webhooks. */
const OF_WEBHOOKS = {
  failing: "when a webhook has failed five times in a row, and its messages are held until it answers",
  disabled: "when a webhook was disabled, because its receiver replied with the status 410",
} as const;

/** The types of our institutions. They are about no user. */
const OF_INSTITUTIONS = {
  down: "when an institution is down: its record says so, or three attempts in a row failed there",
  up: "when an institution that was down is available again",
} as const;

export type WebhookEventType = keyof typeof OF_WEBHOOKS;

/** The types that the aggregator publishes. We pass on its events. */
const OF_THE_AGGREGATOR = {
  account: { updated: "when an account is updated" },
  connection: {
    activated: "when a connection is activated",
    created: "when a connection is created",
    deleted: "when a connection is deleted",
    invalidated: "when a connection is invalidated",
  },
  consent: {
    created: "when a consent is created",
    expired: "when a consent has expired",
    reminder: "when a consent has not been updated for 90 days",
    revoked: "when a consent is revoked",
    updated: "when a consent is updated",
    warning: "when a consent is about to expire",
  },
  transactions: { updated: "when transactions are updated" },
  user: {
    created: "when a user is created",
    deleted: "when a user is deleted",
    updated: "when a user is updated",
  },
} as const;

const MEANINGS: { readonly [entity in Entity]: { readonly [eventType: string]: string } } = {
  ...OF_THE_AGGREGATOR,
  institution: OF_INSTITUTIONS,
  job: OF_JOBS,
  webhook: OF_WEBHOOKS,
};

/** What an event may be about. */
export type Entity = "job" | OtherEntity;
export const OTHER_ENTITIES = [
  "account",
  "connection",
  "consent",
  "institution",
  "transactions",
  "user",
  "webhook",
] as const;
export type OtherEntity = (typeof OTHER_ENTITIES)[number];

export interface EventTypeInfo {
  id: string;
  entity: Entity;
  eventType: string;
  description: string;
}

/** All types of events, by their ids in alphabetical order. */
export const EVENT_TYPES: readonly EventTypeInfo[] = entitiesIn(MEANINGS)
  .flatMap((entity) =>
    Object.entries(MEANINGS[entity]).map(([eventType, description]) => ({
      id: typeIdOf({ entity, eventType }),
      entity,
      eventType,
      description,
    })),
  )
  .toSorted((one, other) => (one.id < other.id ? -1 : 1));

export const EVENT_TYPE_IDS: readonly string[] = EVENT_TYPES.map(({ id }) => id);

function entitiesIn<Name extends string>(meanings: { readonly [name in Name]: unknown }): Name[] {
  const names: Name[] = [];
  for (const name in meanings) names.push(name);
  return names;
}

/** Returns the id of a type, such as `job.created`. */
export function typeIdOf({ entity, eventType }: { entity: string; eventType: string }): string {
  return `${entity}.${eventType}`;
}

/** Returns the type with an id; `undefined` for an unknown id. */
export function eventTypeOf(id: string): EventTypeInfo | undefined {
  return EVENT_TYPES.find((type) => type.id === id);
}

/** Entities about which the aggregator sends events. All other events are our own. */
export type UpstreamEntity = keyof typeof OF_THE_AGGREGATOR;

export function isOfAggregator(entity: Entity): entity is UpstreamEntity {
  return Object.hasOwn(OF_THE_AGGREGATOR, entity);
}

/** Returns the type of a job's events with a name; `undefined` for an unknown name. */
export function jobEventTypeOf(name: string): JobEventType | undefined {
  return JOB_EVENT_TYPES.find((type) => type === name);
}
