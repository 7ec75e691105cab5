import * as z from "zod/mini";
import { UpstreamRefused } from "../../jobs/domain/errors.ts";
import { LOGIN_FIELDS, type Login } from "../../jobs/domain/login.ts";
import type { Upstream } from "../../jobs/domain/ports.ts";
import type { Posted } from "../../jobs/domain/upstream-job.ts";
import { readUpstreamJobs } from "./job-list.ts";
import {
  readConnection,
  readConnections,
  readConnector,
  readInstitution,
  readUpstreamJob,
  upstreamAcceptedSchema,
} from "./replies.ts";
import { type BasiqTransport, only } from "./transport.ts";

/** Calls Basiq's published API, or the sandbox, which implements the same API. */
export function basiq(transport: BasiqTransport, version: string): Upstream {
  async function accepted(path: string, body: object, asUser?: string): Promise<Posted> {
    return transport.post(path, body, readPosted, asUser);
  }

  return {
    institution: (institutionId) =>
      orWhenUnknown(
        // Since version 3.0, what a bank asks for is published with its connector.
        version === "3.0"
          ? transport.get(
              `/connectors/${encodeURIComponent(institutionId)}/web`,
              only(institutionId, readConnector),
            )
          : transport.get(
              `/institutions/${encodeURIComponent(institutionId)}`,
              only(institutionId, readInstitution),
            ),
        undefined,
      ),

    connection: (userId, connectionId) =>
      orWhenUnknown(
        transport.get(connectionPath(userId, connectionId), only(connectionId, readConnection)),
        undefined,
      ),

    connectionsOf: (userId) => orWhenUnknown(transport.get(connectionsPath(userId), readConnections), []),

    openConnection: (userId, institutionId, login) =>
      accepted(connectionsPath(userId), { ...fieldsOf(login), institution: { id: institutionId } }),

    updateConnection: (userId, connectionId, login) =>
      accepted(connectionPath(userId, connectionId), fieldsOf(login)),

    refreshConnection: (userId, connectionId) =>
      accepted(`${connectionPath(userId, connectionId)}/refresh`, {}),

    job: (upstreamJobId) =>
      transport.get(`/jobs/${encodeURIComponent(upstreamJobId)}`, only(upstreamJobId, readUpstreamJob)),

    jobsOf: (userId, connectionId) => {
      const filter = connectionId === undefined ? "" : `?filter=connection.id.eq('${connectionId}')`;
      return transport.get(`/users/${encodeURIComponent(userId)}/jobs${filter}`, readUpstreamJobs);
    },

    async answer(userId, upstreamJobId, answers) {
      const body = { "mfa-response": answers.map((answer) => answer.reveal()) };
      await accepted(`/jobs/${encodeURIComponent(upstreamJobId)}/mfa`, body, userId);
    },
  };
}

/** Published: while an earlier job of the connection is not finished, the aggregator replies with that job and 200. */
function readPosted(reply: unknown, status: number): Posted {
  const { id } = z.parse(upstreamAcceptedSchema, reply);
  return { upstreamJobId: id, ...(status === 200 && { isEarlier: true }) };
}

/** Returns `other` if the aggregator replies that it does not have what was asked for. */
export async function orWhenUnknown<Asked, Other>(
  asking: Promise<Asked>,
  other: Other,
): Promise<Asked | Other> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof UpstreamRefused && error.status === 404) return other;
    throw error;
  }
}

function connectionsPath(userId: string): string {
  return `/users/${encodeURIComponent(userId)}/connections`;
}

function connectionPath(userId: string, connectionId: string): string {
  return `${connectionsPath(userId)}/${encodeURIComponent(connectionId)}`;
}

function fieldsOf(login: Login): object {
  return Object.fromEntries(LOGIN_FIELDS.map((field) => [field, login[field]?.reveal()]));
}
