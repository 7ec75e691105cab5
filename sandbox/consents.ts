import { uuidFrom } from "./hashed.ts";
import type { Connection, Consent, State } from "./state.ts";

/** A consent is valid for a year, as the published examples show. */
const validMs = 365 * 24 * 3_600_000;

export function consentsOf({ consents }: State, userId: string): Consent[] {
  return [...consents.values()].filter((consent) => consent.userId === userId);
}

export function activeConsent(state: State, userId: string): Consent | undefined {
  return consentsOf(state, userId).find(({ status }) => status === "active");
}

export function expiryOf({ createdAt, extendedAt = createdAt }: Consent): number {
  return extendedAt + validMs;
}

/** Whether the application has changed its consent policy since the user has agreed to it. */
export function isOutdated({ consentUi }: State, { policy = 1 }: Consent): boolean {
  return policy !== consentUi.policy;
}

/** Returns the state with an active consent of the user. */
export function withConsent(state: State, userId: string, now: number): State {
  if (activeConsent(state, userId) !== undefined) return state;
  const id = uuidFrom(`consent ${userId} ${consentsOf(state, userId).length}`);
  const { policy } = state.consentUi;
  const consent: Consent = { id, userId, createdAt: now, updatedAt: now, status: "active", policy };
  return { ...state, consents: withEntry(state.consents, consent) };
}

/** Adds the consents that new connections need: a program that makes a connection directly asks no user for one. */
export function withConsentsOfNew(before: State, after: State, now: number): State {
  if (before.connections === after.connections) return after;
  const created = [...after.connections.values()].filter(({ id }) => !before.connections.has(id));
  const owners = new Set(created.map(({ userId }) => userId));
  return [...owners].reduce((state, userId) => withConsent(state, userId, now), after);
}

/** Lets the active consent of a user last for a year from now. */
export function extendConsent(state: State, userId: string, now: number): Pick<State, "consents"> {
  const consent = activeConsent(state, userId);
  if (consent === undefined) return { consents: state.consents };
  return { consents: withEntry(state.consents, { ...consent, extendedAt: now, updatedAt: now }) };
}

export type Ending = {
  readonly userId: string;
  readonly status: "revoked" | "expired";
  readonly connectionIds: readonly string[] | undefined;
};

/** Ends the active consent of a user, and deletes these connections of the user; `undefined` means all of them. */
export function endConsent(
  state: State,
  { userId, status, connectionIds }: Ending,
  now: number,
): Pick<State, "consents" | "connections"> {
  const given = withConsent(state, userId, now);
  const consents = [...given.consents.values()].map((consent) =>
    consent.userId === userId && consent.status === "active"
      ? { ...consent, status, updatedAt: now }
      : consent,
  );
  const connections = [...state.connections.values()].map((connection) => {
    const isNamed = connectionIds?.includes(connection.id) ?? true;
    return isNamed && isShared(connection, userId) ? { ...connection, deletedAt: now } : connection;
  });
  return {
    consents: new Map(consents.map((consent) => [consent.id, consent])),
    connections: new Map(connections.map((connection) => [connection.id, connection])),
  };
}

function isShared(connection: Connection, userId: string): boolean {
  return connection.userId === userId && connection.deletedAt === undefined;
}

function withEntry(consents: State["consents"], consent: Consent): State["consents"] {
  return new Map([...consents, [consent.id, consent]]);
}
