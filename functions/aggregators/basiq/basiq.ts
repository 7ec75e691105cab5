import * as z from "zod/v4/core";
import { LOGIN_FIELDS, type Login } from "../../jobs/domain/login.ts";
import type { Upstream } from "../../jobs/domain/upstream-ports.ts";
import { basiqInstitutions } from "./basiq-institutions.ts";
import { readUpstreamJob } from "./replies.ts";
import { type BasiqTransport, only } from "./transport.ts";
import { readUpstreamJobs } from "./upstream-job-list-reader.ts";
import { upstreamAcceptedSchema } from "./upstream-replies.ts";

/** Upstream, as published: Basiq's API or the sandbox that speaks the same wire. */
export function basiqClient(transport: BasiqTransport): Upstream {
  async function accepted(path: string, body: object): Promise<{ upstreamJobId: string }> {
    const { id } = await transport.post(path, body, (reply) => z.parse(upstreamAcceptedSchema, reply));
    return { upstreamJobId: id };
  }

  return {
    ...basiqInstitutions(transport),

    openConnection: (userId, institutionId, login) =>
      accepted(`/users/${encodeURIComponent(userId)}/connections`, {
        ...fieldsOf(login),
        institution: { id: institutionId },
      }),

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

function connectionPath(userId: string, connectionId: string): string {
  return `/users/${encodeURIComponent(userId)}/connections/${encodeURIComponent(connectionId)}`;
}

function fieldsOf(login: Login): object {
  return Object.fromEntries(LOGIN_FIELDS.map((field) => [field, login[field]?.reveal()]));
}
