import { LOGIN_FIELDS } from "../domain/login.ts";
import type { Upstream } from "../domain/ports.ts";
import { readUpstreamJob, readUpstreamJobs } from "../wire/upstream-job-reader.ts";
import { upstreamAcceptedSchema } from "../wire/upstream-replies.ts";
import { basiqInstitutions } from "./basiq-institutions.ts";
import type { BasiqTransport } from "./basiq-transport.ts";

/** Upstream, as published: Basiq's API or the sandbox that speaks the same wire. */
export function basiqClient(transport: BasiqTransport): Upstream {
  return {
    ...basiqInstitutions(transport),

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
