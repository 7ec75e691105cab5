import type { Clock } from "../../jobs/domain/clock.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import { type Endpoint, type EndpointState, WELL } from "../domain/endpoint.ts";
import {
  endpointIn,
  rotated,
  shownEndpoints,
  withChanged,
  withDeleted,
  withNew,
} from "../domain/endpoint-list.ts";
import type { EndpointSecrets, EndpointStates, Endpoints } from "../domain/ports.ts";

export interface EndpointDeps {
  newId(): string;
  clock: Clock;
  endpoints: Endpoints;
  secrets: EndpointSecrets;
  states: Pick<EndpointStates, "read" | "remove">;
  /** Returns the URL of a receiver. Throws a `Refusal` if the URL is not allowed. */
  requireReceiver(url: string): URL;
  newSecret(): Secret;
  maxEndpoints: number;
}

/** What an owner asks for. `undefined` leaves a field as it is, `null` removes it. */
export interface WantedEndpoint {
  url: string;
  name: string | null | undefined;
  description: string | null | undefined;
  subscribedEvents: string[] | null | undefined;
  payload: Endpoint["payload"] | undefined;
  ordering: Endpoint["ordering"] | undefined;
  status: "active" | "disabled" | undefined;
}

export interface FoundEndpoint {
  endpoint: Endpoint;
  state: EndpointState;
}

export interface EndpointWithSecret extends FoundEndpoint {
  /** The newest secret. Nothing else returns it. */
  secret: Secret;
}

/** After this many lost races, a request is refused: it can be sent again. */
const MAX_ROUNDS = 5;

/** Throws a `Refusal` if the URL is not allowed or taken, or if there are too many endpoints. */
export async function createEndpoint(
  deps: EndpointDeps,
  wanted: WantedEndpoint,
): Promise<EndpointWithSecret> {
  const created = changed(
    {
      id: deps.newId(),
      url: deps.requireReceiver(wanted.url).href,
      payload: "thin",
      ordering: "none",
      status: "active",
      createdAt: deps.clock.now().toISOString(),
      secrets: [{ number: 1 }],
    },
    wanted,
  );
  withNew((await deps.endpoints.read()).endpoints, created, deps.maxEndpoints);
  const secret = deps.newSecret();
  await deps.secrets.store(created.id, 1, secret);
  try {
    await changeList(deps, (endpoints) => withNew(endpoints, created, deps.maxEndpoints));
  } catch (error) {
    if (error instanceof Refusal) await deps.secrets.destroy(created.id, 1);
    throw error;
  }
  return { endpoint: created, state: WELL, secret };
}

/** Returns all endpoints, the oldest first. */
export async function listEndpoints(
  deps: Pick<EndpointDeps, "endpoints" | "states">,
): Promise<FoundEndpoint[]> {
  const { endpoints } = await deps.endpoints.read();
  return Promise.all(shownEndpoints(endpoints).map((endpoint) => withState(deps, endpoint)));
}

/** Throws a `Refusal` if the endpoint does not exist. */
export async function findEndpoint(
  deps: Pick<EndpointDeps, "endpoints" | "states">,
  id: string,
): Promise<FoundEndpoint> {
  const { endpoints } = await deps.endpoints.read();
  return withState(deps, endpointIn(endpoints, id));
}

async function withState(
  { states }: Pick<EndpointDeps, "states">,
  endpoint: Endpoint,
): Promise<FoundEndpoint> {
  return { endpoint, state: await states.read(endpoint.id) };
}

/**
 * Changes the fields that are given. An endpoint that is enabled again begins well. Throws a `Refusal` if the endpoint does not exist,
 * or if the URL is not allowed or taken.
 */
export async function updateEndpoint(
  deps: EndpointDeps,
  id: string,
  wanted: WantedEndpoint,
): Promise<FoundEndpoint> {
  endpointIn((await deps.endpoints.read()).endpoints, id);
  const { href: url } = deps.requireReceiver(wanted.url);
  let wasDisabled = false;
  const endpoints = await changeList(deps, (endpoints) => {
    const before = endpointIn(endpoints, id);
    wasDisabled = before.status === "disabled";
    return withChanged(endpoints, changed({ ...before, url }, wanted));
  });
  const endpoint = endpointIn(endpoints, id);
  if (wasDisabled && endpoint.status === "active") await deps.states.remove(id);
  return withState(deps, endpoint);
}

/**
 * Gives an endpoint a new secret. The earlier ones sign beside it for `overlapSeconds` more. Throws a `Refusal` if the endpoint does
 * not exist.
 */
export async function rotateSecret(
  deps: EndpointDeps,
  id: string,
  overlapSeconds: number,
): Promise<EndpointWithSecret> {
  const found = endpointIn((await deps.endpoints.read()).endpoints, id);
  const secret = deps.newSecret();
  const number = await storeNext(deps, found, secret);
  let before = found;
  let endpoints: Endpoint[];
  try {
    endpoints = await changeList(deps, (endpoints) => {
      before = endpointIn(endpoints, id);
      const times = { now: deps.clock.now(), until: deps.clock.after(overlapSeconds * 1000) };
      return withChanged(endpoints, { ...before, secrets: rotated(before, number, times) });
    });
  } catch (error) {
    if (error instanceof Refusal) await deps.secrets.destroy(id, number);
    throw error;
  }
  const endpoint = endpointIn(endpoints, id);
  const left = new Set(endpoint.secrets.map((each) => each.number));
  await destroyAll(
    deps,
    id,
    before.secrets.filter((each) => !left.has(each.number)),
  );
  return { ...(await withState(deps, endpoint)), secret };
}

/** Stores a secret under a number that the endpoint has not used: a rotation at the same time, or one that died, may have used the next. */
async function storeNext({ secrets }: EndpointDeps, endpoint: Endpoint, secret: Secret): Promise<number> {
  let number = Math.max(0, ...endpoint.secrets.map((each) => each.number)) + 1;
  while (!(await secrets.store(endpoint.id, number, secret))) number++;
  return number;
}

/** Deletes an endpoint, and destroys its secrets. Throws a `Refusal` if the endpoint does not exist. */
export async function deleteEndpoint(deps: EndpointDeps, id: string): Promise<void> {
  let before: Endpoint | undefined;
  await changeList(deps, (endpoints) => {
    before = endpointIn(endpoints, id);
    return withDeleted(endpoints, id);
  });
  await destroyAll(deps, id, before?.secrets ?? []);
}

async function destroyAll({ secrets }: EndpointDeps, id: string, old: Endpoint["secrets"]): Promise<void> {
  await Promise.all(old.map(({ number }) => secrets.destroy(id, number)));
}

function changed(endpoint: Endpoint, wanted: WantedEndpoint): Endpoint {
  const { name, description, subscribedEvents, payload, ordering, status } = wanted;
  return {
    ...endpoint,
    name: wantedOr(name, endpoint.name),
    description: wantedOr(description, endpoint.description),
    subscribedEvents: wantedOr(subscribedEvents, endpoint.subscribedEvents),
    payload: payload ?? endpoint.payload,
    ordering: ordering ?? endpoint.ordering,
    status: status ?? endpoint.status,
    // If the owner sets the status, the receiver's earlier 410 no longer counts.
    disabledAt: status === undefined ? endpoint.disabledAt : undefined,
  };
}

function wantedOr<Value>(wanted: Value | null | undefined, before: Value | undefined): Value | undefined {
  return wanted === undefined ? before : (wanted ?? undefined);
}

/**
 * Reads the list, changes it and writes it, again after each lost race. Returns the list that was written. Throws a `Refusal` after
 * too many lost races.
 */
async function changeList(
  { endpoints }: Pick<EndpointDeps, "endpoints">,
  change: (endpoints: readonly Endpoint[]) => Endpoint[],
): Promise<Endpoint[]> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const list = await endpoints.read();
    const after = change(list.endpoints);
    if (await endpoints.write(after, list)) return after;
  }
  throw new Refusal("service-unavailable");
}
