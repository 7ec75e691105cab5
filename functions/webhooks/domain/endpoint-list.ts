import { Refusal } from "../../jobs/domain/refusal.ts";
import { type Endpoint, type EndpointSecretRef, signingSecrets } from "./endpoint.ts";

/*
 * The rules of the list of all endpoints. Each function returns a new list.
 */

/** A deleted endpoint stays in the list until its messages are deleted. Of more than this many, the oldest are removed before. */
const MAX_DELETED = 20;

/** The most secrets that sign at a time: each adds a signature to every message. */
const MAX_SECRETS = 3;

/** Returns the endpoints that their owner sees. */
export function shownEndpoints(endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.filter(({ status }) => status !== "deleted");
}

/** Throws a `Refusal` if the endpoint does not exist, or was deleted. */
export function endpointIn(endpoints: readonly Endpoint[], id: string): Endpoint {
  const found = shownEndpoints(endpoints).find((endpoint) => endpoint.id === id);
  if (found === undefined) throw new Refusal("webhook-not-found");
  return found;
}

/** Throws a `Refusal` if another endpoint has the URL, or if there are `max` endpoints. */
export function withNew(endpoints: readonly Endpoint[], added: Endpoint, max: number): Endpoint[] {
  requireFreeUrl(endpoints, added);
  if (shownEndpoints(endpoints).length >= max) throw new Refusal("too-many-webhooks");
  return [...endpoints, added];
}

/** Throws a `Refusal` if another endpoint has the URL. */
export function withChanged(endpoints: readonly Endpoint[], changed: Endpoint): Endpoint[] {
  requireFreeUrl(endpoints, changed);
  return endpoints.map((endpoint) => (endpoint.id === changed.id ? changed : endpoint));
}

/**
 * Marks an endpoint as deleted, and removes the oldest of those that were deleted before. The entry still has the numbers of its
 * secrets, so that another function can destroy them if this one dies.
 */
export function withDeleted(endpoints: readonly Endpoint[], id: string): Endpoint[] {
  const deleted: Endpoint = { ...endpointIn(endpoints, id), status: "deleted" };
  const before = endpoints.filter(({ status }) => status === "deleted");
  return [
    ...before.slice(Math.max(0, before.length - MAX_DELETED + 1)),
    deleted,
    ...shownEndpoints(endpoints).filter((endpoint) => endpoint.id !== id),
  ];
}

function requireFreeUrl(endpoints: readonly Endpoint[], { id, url }: Endpoint): void {
  const isTaken = shownEndpoints(endpoints).some((other) => other.url === url && other.id !== id);
  if (isTaken) throw new Refusal("webhook-url-taken");
}

/**
 * Returns the secrets of an endpoint after a rotation: the new one, and those that still sign, which all end at `until` at the
 * latest. The oldest ones end immediately if there would be more than {@link MAX_SECRETS}.
 */
export function rotated(
  endpoint: Pick<Endpoint, "secrets">,
  number: number,
  { now, until }: { now: Date; until: Date },
): EndpointSecretRef[] {
  const old = signingSecrets(endpoint, now).map(({ number, until: before }) => {
    const end = before === undefined ? until.getTime() : Math.min(Date.parse(before), until.getTime());
    return { number, until: new Date(end).toISOString() };
  });
  return [{ number }, ...signingSecrets({ secrets: old }, now)].slice(0, MAX_SECRETS);
}
