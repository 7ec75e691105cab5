import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { type Endpoint, type EndpointState, WELL } from "../../functions/webhooks/domain/endpoint.ts";
import type { Message } from "../../functions/webhooks/domain/message.ts";
import type {
  EndpointSecrets,
  EndpointStates,
  Endpoints,
  Messages,
  Waker,
  Woken,
} from "../../functions/webhooks/domain/ports.ts";

export interface FakeEndpoints extends Endpoints {
  /** The list as it is stored. */
  all(): Endpoint[];
  /** Runs before a write, which may then lose its race. */
  beforeWrite: () => Promise<void>;
}

/** The list of endpoints in memory, under the condition of the real store. */
export function fakeEndpoints(): FakeEndpoints {
  let row: { endpoints: Endpoint[]; version: number } = { endpoints: [], version: 0 };
  const endpoints: FakeEndpoints = {
    all: () => structuredClone(row.endpoints),
    beforeWrite: async () => undefined,
    read: async () => structuredClone(row),
    write: async (after, { version }) => {
      await endpoints.beforeWrite();
      if (row.version !== version) return false;
      row = { endpoints: structuredClone([...after]), version: version + 1 };
      return true;
    },
  };
  return endpoints;
}

export interface FakeEndpointSecrets extends EndpointSecrets {
  /** The names of the secrets that are stored, such as `<endpoint> 1`. */
  names(): string[];
}

export function fakeEndpointSecrets(): FakeEndpointSecrets {
  const stored = new Map<string, Secret>();
  const nameOf = (endpointId: string, number: number) => `${endpointId} ${number}`;
  return {
    names: () => [...stored.keys()],
    store: async (endpointId, number, secret) => {
      const name = nameOf(endpointId, number);
      if (stored.has(name)) return false;
      stored.set(name, secret);
      return true;
    },
    reveal: async (endpointId, number) => stored.get(nameOf(endpointId, number)),
    destroy: async (endpointId, number) => {
      stored.delete(nameOf(endpointId, number));
    },
  };
}

export function fakeEndpointStates({ now }: Pick<Clock, "now">): EndpointStates {
  const states = new Map<string, EndpointState>();
  const leases = new Map<string, { holder: string; until: Date }>();
  const stateOf = (id: string) => structuredClone(states.get(id) ?? WELL);
  return {
    read: async (id) => stateOf(id),
    countFailure: async (id) => {
      const before = stateOf(id);
      states.set(id, { ...before, failures: before.failures + 1 });
      return stateOf(id);
    },
    change: async (id, from, to) => {
      if (stateOf(id).mode !== from) return false;
      states.set(id, structuredClone(to));
      return true;
    },
    lease: async (id, holder, until) => {
      const held = leases.get(id);
      const isHeld = held !== undefined && held.holder !== holder && held.until.getTime() > now().getTime();
      if (isHeld) return false;
      leases.set(id, { holder, until });
      return true;
    },
    release: async (id, holder) => {
      if (leases.get(id)?.holder === holder) leases.delete(id);
    },
    remove: async (id) => {
      states.delete(id);
      leases.delete(id);
    },
  };
}

export interface FakeMessages extends Messages {
  /** All messages as they are stored. */
  all(): Message[];
}

/** Messages in memory. A copy goes in and comes out, as with the real store. */
export function fakeMessages(): FakeMessages {
  const rows = new Map<string, Message>();
  const newest = new Map<string, string>();
  const keyOf = (endpointId: string, id: string) => `${endpointId} ${id}`;
  const put = (message: Message) => rows.set(keyOf(message.endpointId, message.id), structuredClone(message));
  const found = (endpointId: string, id: string) => {
    const row = rows.get(keyOf(endpointId, id));
    return row && structuredClone(row);
  };
  const placeOf = ({ createdAt, id }: Message) => `${createdAt} ${id}`;
  const oldestFirst = (endpointId: string) =>
    [...rows.values()]
      .filter((message) => message.endpointId === endpointId)
      .toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1))
      .map((message) => structuredClone(message));

  function pageOf(all: Message[], limit: number) {
    const messages = all.slice(0, limit);
    return { messages, next: all.length > limit ? messages.at(-1)?.id : undefined };
  }

  return {
    all: () => [...rows.values()].map((message) => structuredClone(message)),

    add: async (message) => {
      if (rows.has(keyOf(message.endpointId, message.id))) return false;
      put(message);
      return true;
    },

    find: async (endpointId, id) => found(endpointId, id),

    settle: async (message) => {
      const row = found(message.endpointId, message.id);
      if (row === undefined || (row.status === "delivered" && message.status !== "delivered")) return row;
      const { status, dueAt, tries, attempts } = message;
      const settled = { ...row, status, dueAt, tries, attempts };
      put(settled);
      return structuredClone(settled);
    },

    noteAttempts: async ({ endpointId, id, attempts }) => {
      const row = found(endpointId, id);
      if (row !== undefined) put({ ...row, attempts });
      return found(endpointId, id);
    },

    claim: async ({ endpointId, id, dueAt }, until) => {
      const row = found(endpointId, id);
      if (row?.status !== "pending" || row.dueAt !== dueAt) return false;
      put({ ...row, dueAt: until });
      return true;
    },

    link: async (endpointId, id, next) => {
      const row = found(endpointId, id);
      if (row === undefined || row.status !== "pending") return false;
      put({ ...row, next });
      return true;
    },

    waiting: async (endpointId, limit) =>
      oldestFirst(endpointId)
        .flatMap(({ id, dueAt, createdAt, status }) =>
          status === "pending" && dueAt !== undefined ? [{ id, dueAt, createdAt }] : [],
        )
        .slice(0, limit),

    page: async (endpointId, { limit, from, wanted }) => {
      const last = from === undefined ? undefined : found(endpointId, from);
      if (from !== undefined && last === undefined) return undefined;
      const all = oldestFirst(endpointId)
        .toReversed()
        .filter((message) => last === undefined || placeOf(message) < placeOf(last));
      return pageOf(wanted === undefined ? all : all.filter(wanted), limit);
    },

    period: async (endpointId, { from, to, limit, after, wanted }) => {
      const last = after === undefined ? undefined : found(endpointId, after);
      if (after !== undefined && last === undefined) return undefined;
      const all = oldestFirst(endpointId)
        .filter(({ createdAt }) => createdAt >= from && createdAt < to)
        .filter((message) => last === undefined || placeOf(message) > placeOf(last));
      return pageOf(all.filter(wanted), limit);
    },

    reopen: async (endpointId, id, dueAt) => {
      const row = found(endpointId, id);
      if (row !== undefined) put({ ...row, status: "pending", dueAt, tries: 0 });
    },

    newestOf: async (endpointId, jobId) => newest.get(keyOf(endpointId, jobId)),

    noteNewest: async (endpointId, jobId, id) => {
      newest.set(keyOf(endpointId, jobId), id);
    },

    forgetNewest: async (endpointId, jobId) => {
      newest.delete(keyOf(endpointId, jobId));
    },

    remove: async (endpointId, id) => {
      rows.delete(keyOf(endpointId, id));
    },
  };
}

export interface FakeWaker extends Waker {
  readonly woken: Woken[];
}

export function fakeWaker(): FakeWaker {
  const woken: Woken[] = [];
  return {
    woken,
    wake: async (messages) => {
      woken.push(...messages);
    },
  };
}

/** Allows every https URL. */
export function fakeReceiver(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "https:") throw new Refusal({ reason: "webhook-request-not-valid", field: "url" });
  return parsed;
}

/** Returns a new secret at each call: the same ones in each run. */
export function fakeSecrets(): () => Secret {
  let count = 0;
  return () => new Secret(`whsec_${Buffer.from(`secret ${++count}`).toString("base64")}`);
}

export function endpointOf(id: string, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    id,
    url: `https://${id}.example/hook`,
    payload: "thin",
    ordering: "none",
    status: "active",
    createdAt: "2026-01-05T09:00:00.000Z",
    secrets: [{ number: 1 }],
    ...changes,
  };
}
