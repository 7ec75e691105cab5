import { accountsOf } from "./bank-account.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import { startJob } from "./connection-job.ts";
import { connectionEntry, connectionReply, statusOf } from "./connection-reply.ts";
import { type LoginRequest, readCreate, readUpdate } from "./connection-request.ts";
import { type Properties, readFilter } from "./filter.ts";
import { type Institution, institutionById } from "./institutions.ts";
import { readObject } from "./json-body.ts";
import { linksFor } from "./links.ts";
import { notFound, notJsonType, purgeNeedsActive, type Refusal } from "./refusal.ts";
import { jsonReply, noContent } from "./reply.ts";
import type { Connection, State } from "./state.ts";

export function createConnection(situation: Situation, { userId }: Params): Outcome {
  if (!isJsonType(situation)) return { refusal: notJsonType };
  const body = readObject(situation.call);
  if ("refusal" in body) return body;
  const request = readCreate(body.value);
  return "refusal" in request ? request : connectBank(situation, userId, request);
}

/** As at the aggregator, the same login at the same institution gets the connection that it had before. */
export function connectBank(
  situation: Situation,
  userId: string,
  { institution, login }: LoginRequest,
): Outcome {
  const { now, setting, state } = situation;
  const known = [...state.connections.values()].find(
    (connection) =>
      connection.userId === userId &&
      connection.deletedAt === undefined &&
      connection.institutionId === institution.id &&
      login.verdict === "accepted" &&
      connection.login.testUser === login.testUser,
  );
  const connection: Connection = {
    ...(known ?? { id: setting.newId(), userId, institutionId: institution.id, createdAt: now }),
    lastUsedAt: now,
    login,
  };
  return startJob(situation, connection, institution);
}

export function updateConnection(situation: Situation, params: Params): Outcome {
  const known = findConnection(situation, params);
  if ("refusal" in known) return known;
  if (!isJsonType(situation)) return { refusal: notJsonType };
  const body = readObject(situation.call);
  if ("refusal" in body) return body;
  const request = readUpdate(body.value, known.institution, known.connection.login.testUser);
  return "refusal" in request ? request : changeLogin(situation, known.connection, request);
}

/** A login that the bank refuses does not change the test user of the connection. */
export function changeLogin(
  situation: Situation,
  connection: Connection,
  { institution, ...request }: LoginRequest,
): Outcome {
  const { verdict } = request.login;
  const login = verdict === "accepted" ? request.login : { testUser: connection.login.testUser, verdict };
  const isSameUser = login.testUser === connection.login.testUser;
  const changed = { ...connection, login, ...(isSameUser ? {} : { dataSince: situation.now }) };
  return startJob(situation, changed, institution);
}

export function refreshConnection(situation: Situation, params: Params): Outcome {
  const known = findConnection(situation, params);
  return "refusal" in known ? known : startJob(situation, known.connection, known.institution);
}

/** Starts a job for each connection of the user. A connection of a bank that refuses logins gets no job. */
export function refreshAll(situation: Situation, { userId }: Params): Outcome {
  const data: unknown[] = [];
  let { state } = situation;
  for (const { connection, institution } of connectionsOf(state, userId)) {
    const outcome = startJob({ ...situation, state }, connection, institution);
    if ("refusal" in outcome) continue;
    state = { ...state, ...outcome.change };
    data.push(JSON.parse(outcome.reply.body));
  }
  const { jobs, connections, askCounts } = state;
  return { reply: jsonReply(202, { type: "list", data }), change: { jobs, connections, askCounts } };
}

export function getConnection(situation: Situation, params: Params): Outcome {
  const known = findConnection(situation, params);
  if ("refusal" in known) return known;
  const { state, now } = situation;
  const { connection } = known;
  const accounts = accountsOf(state, connection.userId, now).filter(
    (account) => account.connection.id === connection.id,
  );
  const jobs = [...state.jobs.values()];
  return { reply: jsonReply(200, connectionReply(connection, accounts, jobs, now, linksFor(situation))) };
}

type Entry = ReturnType<typeof connectionEntry>;
const conditions = ["eq", "ne"] as const;
const connectionProperties: Properties<Entry> = {
  id: { conditions, read: ({ id }) => id },
  "connection.id": { conditions, read: ({ id }) => id },
  status: { conditions, read: ({ status }) => status, values: ["active", "pending", "invalid"] },
  "institution.id": { conditions, read: ({ institution }) => institution.id },
};

export function listConnections(situation: Situation, { userId }: Params): Outcome {
  const { state, now, call, setting } = situation;
  const filter = readFilter(call.query.get("filter"), connectionProperties);
  if ("refusal" in filter) return filter;
  const jobs = [...state.jobs.values()];
  const data = connectionsOf(state, userId)
    .map(({ connection }) => connectionEntry(connection, jobs, now, linksFor(situation)))
    .filter(filter.matches);
  const links = { self: `${setting.baseUrl}/users/${userId}/connections` };
  return { reply: jsonReply(200, { type: "list", data, links }) };
}

/** As published, a deleted connection leaves its accounts and transactions. Its jobs can still be read. */
export function deleteConnection(situation: Situation, params: Params): Outcome {
  const known = findConnection(situation, params);
  if ("refusal" in known) return known;
  const { state, now } = situation;
  return { reply: noContent, change: withoutConnection(state, known.connection, now) };
}

export function withoutConnection(state: State, connection: Connection, now: number) {
  return withConnection(state, { ...connection, deletedAt: now });
}

/** Deletes the data that the connection has read. The next refresh reads it again. */
export function purgeConnection(situation: Situation, params: Params): Outcome {
  const known = findConnection(situation, params);
  if ("refusal" in known) return known;
  const { state, now } = situation;
  const { connection } = known;
  const isActive = statusOf(connection, [...state.jobs.values()], now) === "active";
  if (!isActive) return { refusal: purgeNeedsActive };
  return { reply: noContent, change: withConnection(state, { ...connection, dataSince: now }) };
}

function withConnection({ connections }: State, connection: Connection): Pick<State, "connections"> {
  return { connections: new Map([...connections, [connection.id, connection]]) };
}

export type Known = { readonly connection: Connection; readonly institution: Institution };

/** Returns the connections of a user that are not deleted. */
export function connectionsOf(state: State, userId: string): readonly Known[] {
  return [...state.connections.values()].flatMap((connection) => {
    const institution = institutionById(connection.institutionId);
    const isShown = connection.userId === userId && connection.deletedAt === undefined;
    return isShown && institution !== undefined ? [{ connection, institution }] : [];
  });
}

function findConnection(
  { state }: Situation,
  { userId, connectionId }: Params,
): Known | { readonly refusal: Refusal } {
  const known = connectionsOf(state, userId).find(({ connection }) => connection.id === connectionId);
  return known ?? { refusal: notFound("connection") };
}

function isJsonType({ call }: Situation): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(call.headers.get("content-type") ?? "");
}
