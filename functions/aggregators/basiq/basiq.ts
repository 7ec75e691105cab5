import * as z from "zod/mini";
import { UpstreamRefused } from "../../jobs/domain/errors.ts";
import { LOGIN_FIELDS, type Login } from "../../jobs/domain/login.ts";
import type { Upstream } from "../../jobs/domain/ports.ts";
import {
  readConnection,
  readConnections,
  readInstitution,
  readUpstreamJob,
  readUpstreamJobs,
  upstreamAcceptedSchema,
} from "./replies.ts";
import { type BasiqTransport, only } from "./transport.ts";

/** Calls Basiq's published API, or the sandbox, which implements the same API. */
export function basiq(transport: BasiqTransport): Upstream {
  async function accepted(path: string, body: object): Promise<{ upstreamJobId: string }> {
    const { id } = await transport.post(path, body, (reply) => z.parse(upstreamAcceptedSchema, reply));
    return { upstreamJobId: id };
  }

  return {
    institution: (institutionId) =>
      orWhenUnknown(
        transport.get(
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

    async answer(upstreamJobId, answers) {
      const body = { "mfa-response": answers.map((answer) => answer.reveal()) };
      await accepted(`/jobs/${encodeURIComponent(upstreamJobId)}/mfa`, body);
    },
  };
}

async function orWhenUnknown<Asked, Other>(asking: Promise<Asked>, other: Other): Promise<Asked | Other> {
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
