import * as z from "zod/v4/core";
import { MFA_CHALLENGE, type Step, VERIFY_CREDENTIALS } from "../domain/steps.ts";
import type { UpstreamJob } from "../domain/upstream-job.ts";
import { readStepError } from "./upstream-error-reader.ts";
import {
  otherKindSchema,
  type UpstreamJobReply,
  type UpstreamResultReply,
  type UpstreamStepReply,
  upstreamJobListSchema,
  upstreamJobSchema,
} from "./upstream-job-reply.ts";

/** One published example misspells the step's title. */
const TITLES = new Map([["mfa-challenege", MFA_CHALLENGE]]);

/** Asked for when upstream gives no `expiryMs`: what the published examples of 2.1 show. */
const DEFAULT_EXPIRY_MS = 120_000;

/** Throws for anything that is not a job. */
export function readUpstreamJob(reply: unknown): UpstreamJob {
  return toJob(z.parse(upstreamJobSchema, reply));
}

/**
 * The jobs of a list, without those that say that they are of another kind. Throws for any other one that cannot be read: it may
 * be the very one that is looked for, and a login that is taken for lost is sent again.
 */
export function readUpstreamJobs(reply: unknown): UpstreamJob[] {
  return z
    .parse(upstreamJobListSchema, reply)
    .data.filter((entry) => !z.safeParse(otherKindSchema, entry).success)
    .map(readListedJob);
}

/** One that does not say of which bank it is may be any. */
function readListedJob(entry: unknown): UpstreamJob {
  const job = readUpstreamJob(entry);
  if (job.institutionId === undefined) throw new TypeError("The job has no institution.");
  return job;
}

function toJob(reply: UpstreamJobReply): UpstreamJob {
  const steps = reply.steps.map(toStep);
  const challenge = reply.steps.map(toChallenge).find((found) => found !== undefined);
  return {
    id: reply.id,
    created: reply.created ?? "",
    updated: reply.updated ?? "",
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
  if (result.url != null) return { type: "link", url: relative(result.url) };
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

function relative(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/i, "");
}

function linkOf(steps: readonly Step[]): string | undefined {
  const result = steps.find(({ title }) => title === VERIFY_CREDENTIALS)?.result;
  return result != null && "url" in result ? result.url : undefined;
}

function connectionIdIn(url: string | null | undefined): string | undefined {
  return /\/connections\/([\w-]{1,64})$/.exec(url ?? "")?.[1];
}
