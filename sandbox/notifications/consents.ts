import type { Consent, State } from "../state.ts";
import { uuidFrom } from "./hashed.ts";

export function consentsOf({ consents }: State, userId: string): Consent[] {
  return [...consents.values()].filter((consent) => consent.userId === userId);
}

function activeConsent(state: State, userId: string): Consent | undefined {
  return consentsOf(state, userId).find(({ status }) => status === "active");
}

/** Returns the state with an active consent of the user. */
export function withConsent(state: State, userId: string, now: number): State {
  if (activeConsent(state, userId) !== undefined) return state;
  const id = uuidFrom(`consent ${userId} ${consentsOf(state, userId).length}`);
  const consent: Consent = { id, userId, createdAt: now, updatedAt: now, status: "active" };
  return { ...state, consents: new Map([...state.consents, [id, consent]]) };
}

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
    const ends = connection.userId === userId && connection.deletedAt === undefined && isNamed;
    return ends ? { ...connection, deletedAt: now } : connection;
  });
  return {
    consents: new Map(consents.map((consent) => [consent.id, consent])),
    connections: new Map(connections.map((connection) => [connection.id, connection])),
  };
}

export type Ending = {
  readonly userId: string;
  readonly status: "revoked" | "expired";
  readonly connectionIds: readonly string[] | undefined;
};
