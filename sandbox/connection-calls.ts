import type { Outcome, Params, Situation } from "./call.ts";
import { startJob } from "./connection-job.ts";
import { connectionEntry, connectionReply } from "./connection-reply.ts";
import { readCreate, readUpdate } from "./connection-request.ts";
import { type Institution, institutionById } from "./institutions.ts";
import { readObject } from "./json-body.ts";
import { notFound, notJsonType, type Refusal } from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import type { Connection } from "./state.ts";

/** As at the aggregator, the same login at the same institution gets the connection that it had before. */
export function createConnection(situation: Situation, { userId }: Params): Outcome {
  if (!isJsonType(situation)) return { refusal: notJsonType };
  const body = readObject(situation.call);
  if ("refusal" in body) return body;
  const request = readCreate(body.value);
  if ("refusal" in request) return request;
  const { institution, login } = request;
  const { now, setting, state } = situation;
  const known = [...state.connections.values()].find(
    (connection) =>
      connection.userId === userId &&
      connection.institutionId === institution.id &&
      login.verdict === "accepted" &&
      connection.login.testUser === login.testUser,
  );
  const connection: Connection = {
    id: known?.id ?? setting.newId(),
    userId,
    institutionId: institution.id,
    createdAt: known?.createdAt ?? now,
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
  if ("refusal" in request) return request;
  return startJob(situation, { ...known.connection, login: request.login }, known.institution);
}

export function refreshConnection(situation: Situation, params: Params): Outcome {
  const known = findConnection(situation, params);
  return "refusal" in known ? known : startJob(situation, known.connection, known.institution);
}

export function getConnection(situation: Situation, params: Params): Outcome {
  const known = findConnection(situation, params);
  if ("refusal" in known) return known;
  const { state, now, setting } = situation;
  return {
    reply: jsonReply(200, connectionReply(known.connection, [...state.jobs.values()], now, setting.baseUrl)),
  };
}

export function listConnections({ state, now, setting }: Situation, { userId }: Params): Outcome {
  const jobs = [...state.jobs.values()];
  const data = [...state.connections.values()]
    .filter((connection) => connection.userId === userId)
    .map((connection) => connectionEntry(connection, jobs, now, setting.baseUrl));
  const links = { self: `${setting.baseUrl}/users/${userId}/connections` };
  return { reply: jsonReply(200, { type: "list", data, links }) };
}

function findConnection(
  { state }: Situation,
  { userId, connectionId }: Params,
): { connection: Connection; institution: Institution } | { refusal: Refusal } {
  const connection = state.connections.get(connectionId);
  const institution = institutionById(connection?.institutionId ?? "");
  const isTheirs = connection?.userId === userId;
  return isTheirs && institution !== undefined
    ? { connection, institution }
    : { refusal: notFound("connection") };
}

function isJsonType({ call }: Situation): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(call.headers.get("content-type") ?? "");
}
