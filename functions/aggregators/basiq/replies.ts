import * as z from "zod/v4/core";
import { MFA_CHALLENGE, type Step, VERIFY_CREDENTIALS } from "../../jobs/domain/steps.ts";
import type { UpstreamJob } from "../../jobs/domain/upstream-job.ts";
import { readStepError } from "./upstream-error-reader.ts";
import {
  type UpstreamJobReply,
  type UpstreamResultReply,
  type UpstreamStepReply,
  upstreamJobSchema,
} from "./upstream-job-reply.ts";
import { connectionIdIn, linkIn } from "./upstream-links.ts";
import { timeIn } from "./upstream-text.ts";

/** One published example misspells the step's title. */
const TITLES = new Map([["mfa-challenege", MFA_CHALLENGE]]);

/** Asked for when upstream gives no `expiryMs`: what the published examples of 2.1 show. */
const DEFAULT_EXPIRY_MS = 120_000;

/** Throws for anything that is not a job. */
export function readUpstreamJob(reply: unknown): UpstreamJob {
  return toJob(z.parse(upstreamJobSchema, reply));
}

/** What we keep of a job: a page of 500 has to fit into the 6 MB that a function may answer. */
const MAX_BYTES = 10_000;

function toJob(reply: UpstreamJobReply): UpstreamJob {
  const steps = reply.steps.map(toStep);
  const challenge = reply.steps.map(toChallenge).find((found) => found !== undefined);
  if (Buffer.byteLength(JSON.stringify([steps, challenge])) > MAX_BYTES) {
    throw new TypeError("The job is larger than any.");
  }
  return {
    id: reply.id,
    created: reply.created ?? "",
    updated: timeIn(reply.updated),
    steps,
    challenge,
    connectionId: connectionIdIn(reply.links?.source) ?? connectionIdIn(linkOf(steps)),
    institutionId: reply.institution?.id,
  };
}

function toStep({ title, status, result }: UpstreamStepReply): Step {
  return { title: TITLES.get(title) ?? title, status, result: toResult(single(result)) };
}

function toResult(result: UpstreamResultReply | undefined): Step["result"] {
  if (result === undefined || isChallenge(result)) return null;
  const url = linkIn(result.url);
  if (url !== undefined) return { type: "link", url };
  return result.code == null ? null : readStepError({ ...result, code: result.code });
}

function toChallenge({ status, result }: UpstreamStepReply): UpstreamJob["challenge"] {
  const found = single(result);
  if (status !== "in-progress" || found === undefined || !isChallenge(found)) return undefined;
  return {
    method: found.method === "security-questions" ? "security-questions" : "token",
    description: found.description ?? "",
    input: found.input ?? [],
    expiryMs: found.expiryMs ?? DEFAULT_EXPIRY_MS,
  };
}

function isChallenge(result: UpstreamResultReply): boolean {
  return result.type === "mfa" && result.input != null && result.input.length > 0;
}

function single(result: UpstreamStepReply["result"]): UpstreamResultReply | undefined {
  return (Array.isArray(result) ? result[0] : result) ?? undefined;
}

function linkOf(steps: readonly Step[]): string | undefined {
  const result = steps.find(({ title }) => title === VERIFY_CREDENTIALS)?.result;
  return result != null && "url" in result ? result.url : undefined;
}
