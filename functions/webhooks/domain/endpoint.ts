/** A receiver of webhooks, as its owner configured it. */
export interface Endpoint {
  /** UUID v4. */
  id: string;
  name?: string | undefined;
  description?: string | undefined;
  /** Checked by `requireReceiver` when it was given, and again before each connection. */
  url: string;
  /** Ids of event types, such as `job.created`. Absent: all types, also those of later versions. */
  subscribedEvents?: string[] | undefined;
  payload: "thin" | "full";
  /** `job`: a later event of a job waits until the earlier one was delivered or failed for good. */
  ordering: "none" | "job";
  /** `deleted`: shown to nobody; the sweeper deletes its messages, then the endpoint itself. */
  status: "active" | "disabled" | "deleted";
  /** ISO 8601. When its receiver said that it is gone. Absent if its owner disabled it. */
  disabledAt?: string | undefined;
  /** ISO 8601. */
  createdAt: string;
  /** The secrets that sign, newest first. All of them sign until their time. */
  secrets: EndpointSecretRef[];
}

export interface EndpointSecretRef {
  /** Counts the secrets of the endpoint from 1. */
  number: number;
  /** ISO 8601. Absent for the newest, which has no end. */
  until?: string | undefined;
}

/** Each endpoint costs a write for every event. */
export const MAX_ENDPOINTS = 10;

/** An old secret may sign beside a new one for this long. */
export const MAX_OVERLAP_SECONDS = 7 * 24 * 3600;

export function isSubscribed({ status, subscribedEvents }: Endpoint, typeId: string): boolean {
  return status === "active" && (subscribedEvents?.includes(typeId) ?? true);
}

/** Returns the secrets that sign at a time, newest first. */
export function signingSecrets({ secrets }: Pick<Endpoint, "secrets">, now: Date): EndpointSecretRef[] {
  return secrets.filter(({ until }) => until === undefined || Date.parse(until) > now.getTime());
}

/** The state of an endpoint. Absent in the table: it is well. */
export interface EndpointState {
  /** How many attempts in a row have failed. */
  failures: number;
  /**
   * `failing`: only probes are sent, all other messages are held. `draining`: it replies again, and held messages are sent,
   * oldest first. Absent: it is well.
   */
  mode?: "failing" | "draining" | undefined;
  /** ISO 8601. While it is failing: when the next probe is due. */
  probeAt?: string | undefined;
  /** While it is failing: how many probes have failed. */
  probes?: number | undefined;
  /** ISO 8601. Since when it has been in its mode. */
  since?: string | undefined;
}

export const WELL: EndpointState = { failures: 0 };

/** After this many failures in a row, an endpoint is failing. */
export const FAILING_AFTER = 5;

export const PROBE_EVERY_MS = 60_000;

/** A receiver that replies again gets the held messages at this rate. */
export const DRAINED_PER_SECOND = 10;
