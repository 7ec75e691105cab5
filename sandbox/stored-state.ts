import type { State, StoredState } from "./state.ts";

export const emptyState: State = {
  users: new Map(),
  reports: new Map(),
  jobs: new Map(),
  connections: new Map(),
  conditions: new Map(),
  askCounts: new Map(),
  tokens: new Map(),
  faults: [],
  ledger: [],
  consents: new Map(),
  consentUi: { policy: 1 },
  events: new Map(),
  webhooks: new Map(),
  messages: new Map(),
  lies: [],
};

export function toStored(state: State): StoredState {
  return {
    users: [...state.users.values()],
    reports: [...state.reports.values()],
    jobs: [...state.jobs.values()],
    connections: [...state.connections.values()],
    conditions: [...state.conditions],
    askCounts: [...state.askCounts],
    tokens: [...state.tokens],
    faults: [...state.faults],
    ledger: [...state.ledger],
    consents: [...state.consents.values()],
    consentUi: state.consentUi,
    events: [...state.events.values()],
    webhooks: [...state.webhooks.values()],
    messages: [...state.messages.values()],
    lies: [...state.lies],
  };
}

export function fromStored(stored: StoredState): State {
  return {
    users: new Map(stored.users.map((user) => [user.id, user])),
    reports: new Map(stored.reports.map((report) => [report.id, report])),
    jobs: new Map(stored.jobs.map((job) => [job.id, job])),
    connections: new Map(stored.connections.map((connection) => [connection.id, connection])),
    conditions: new Map(stored.conditions),
    askCounts: new Map(stored.askCounts),
    tokens: new Map(stored.tokens),
    faults: stored.faults,
    ledger: stored.ledger,
    consents: byId(stored.consents),
    consentUi: stored.consentUi,
    events: byId(stored.events),
    webhooks: byId(stored.webhooks),
    messages: byId(stored.messages),
    lies: stored.lies,
  };
}

function byId<Entry extends { readonly id: string }>(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [entry.id, entry]));
}
