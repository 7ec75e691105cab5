import { UpstreamRefused } from "../domain/errors.ts";
import { LOGIN_FIELDS } from "../domain/login.ts";
import type { Clock, Upstream } from "../domain/ports.ts";
import { readInstitution } from "../wire/upstream-institution-reader.ts";
import { readUpstreamJob, readUpstreamJobs } from "../wire/upstream-job-reader.ts";
import { upstreamAcceptedSchema } from "../wire/upstream-replies.ts";
import { basiqTransport, type TransportOptions } from "./basiq-transport.ts";

export interface BasiqOptions extends TransportOptions {
  clock: Clock;
}

/** Upstream, as published: Basiq's API or the sandbox that speaks the same wire. */
export function basiqClient(options: BasiqOptions): Upstream {
  const transport = basiqTransport(options);

  return {
    async institution(institutionId) {
      try {
        return await transport.get(`/institutions/${encodeURIComponent(institutionId)}`, readInstitution);
      } catch (error) {
        if (error instanceof UpstreamRefused && error.status === 404) return undefined;
        throw error;
      }
    },

    async openConnection(userId, institutionId, login) {
      const fields = LOGIN_FIELDS.map((field) => [field, login[field]?.reveal()]);
      const body = { ...Object.fromEntries(fields), institution: { id: institutionId } };
      const path = `/users/${encodeURIComponent(userId)}/connections`;
      const accepted = await transport.post(path, body, (reply) => upstreamAcceptedSchema.parse(reply));
      return { upstreamJobId: accepted.id };
    },

    job: (upstreamJobId) => transport.get(`/jobs/${encodeURIComponent(upstreamJobId)}`, readUpstreamJob),

    jobsOf: (userId) => transport.get(`/users/${encodeURIComponent(userId)}/jobs`, readUpstreamJobs),

    async answer(upstreamJobId, answers) {
      const body = { "mfa-response": answers.map((answer) => answer.reveal()) };
      const path = `/jobs/${encodeURIComponent(upstreamJobId)}/mfa`;
      await transport.post(path, body, (reply) => upstreamAcceptedSchema.parse(reply));
    },
  };
}
