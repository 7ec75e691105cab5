import type { KeptState, State } from "./state.ts";

export const emptyState: State = {
  jobs: new Map(),
  connections: new Map(),
  conditions: new Map(),
  askCounts: new Map(),
  tokens: new Map(),
  faults: [],
  ledger: [],
};

export function toKept(state: State): KeptState {
  return {
    jobs: [...state.jobs.values()],
    connections: [...state.connections.values()],
    conditions: [...state.conditions],
    askCounts: [...state.askCounts],
    tokens: [...state.tokens],
    faults: [...state.faults],
    ledger: [...state.ledger],
  };
}

export function fromKept(kept: KeptState): State {
  return {
    jobs: new Map(kept.jobs.map((job) => [job.id, job])),
    connections: new Map(kept.connections.map((connection) => [connection.id, connection])),
    conditions: new Map(kept.conditions),
    askCounts: new Map(kept.askCounts),
    tokens: new Map(kept.tokens),
    faults: kept.faults,
    ledger: kept.ledger,
  };
}
