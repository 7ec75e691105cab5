import type { State, User } from "./state.ts";

/** As documented, a user exists from its first POST until it is deleted. */
export function userExists(state: State, userId: string): boolean {
  const isTheirs = (entry: { readonly userId: string }) => entry.userId === userId;
  return (
    state.users.has(userId) ||
    [...state.connections.values()].some(isTheirs) ||
    [...state.jobs.values()].some(isTheirs)
  );
}

export function withUser(state: State, userId: string): State {
  return state.users.has(userId)
    ? state
    : { ...state, users: withEntry(state.users, { id: userId, fields: {} }) };
}

export function withEntry(users: State["users"], user: User): State["users"] {
  return new Map([...users, [user.id, user]]);
}

/** Returns the fields of the state without the user, and without everything that is the user's. */
export function withoutUser(state: State, userId: string): Partial<State> {
  const others = <Entry>(
    entries: ReadonlyMap<string, Entry>,
    ownerOf: (entry: Entry, key: string) => string,
  ) => new Map([...entries].filter(([key, entry]) => ownerOf(entry, key) !== userId));
  return {
    users: others(state.users, ({ id }) => id),
    connections: others(state.connections, (connection) => connection.userId),
    reports: others(state.reports, (report) => report.userId),
    jobs: others(state.jobs, (job) => job.userId),
    consents: others(state.consents, (consent) => consent.userId),
    askCounts: others(state.askCounts, (_, login) => login.slice(0, login.indexOf("/"))),
  };
}
