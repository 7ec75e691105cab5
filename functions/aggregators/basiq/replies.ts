import * as z from "zod/mini";
import { upstreamId } from "../../jobs/domain/ids.ts";
import { AUTHORIZATIONS, type Authorization, type Institution } from "../../jobs/domain/institution.ts";
import {
  MFA_CHALLENGE,
  STEP_STATUSES,
  type Step,
  type StepError,
  VERIFY_CREDENTIALS,
} from "../../jobs/domain/steps.ts";
import type { Connection, ListedJob, UpstreamJob } from "../../jobs/domain/upstream-job.ts";

/*
 * The parsers in this file are tolerant. They accept results as objects or as one-element lists, links relative or
 * absolute, and `detail` or `details`. They ignore unknown fields. They reject a field of a wrong type, a field
 * longer than any bank sends, and a text with half a character (an unpaired surrogate).
 */

const MAX_LENGTH = 2000;

const isShort = (given: string) => given.length <= MAX_LENGTH && given.isWellFormed();

const shortText = z.string().check(z.refine(isShort));

/** RFC 3339, with or without fractions of a second. */
const TIME = /^\d{4}-\d\d-\d\d[T ][\d:.]{5,20}(Z|[+-]\d\d:\d\d)$/;

/**
 * Returns a time as the aggregator wrote it, or an empty string if the time is missing or malformed. We compare this
 * text, and store it unencrypted.
 */
function timeIn(given: unknown): string {
  return typeof given === "string" && TIME.test(given) ? given : "";
}

/** The aggregator may omit these fields, or send `null`. */
const text = z.nullish(shortText);

/**
 * Clients follow links with their token, so a link must not name another host than the
 * aggregator's. We keep only the path.
 */
const LINK = /^(https?:\/\/[^/]+)?(\/[^/\\\s][^\\\s]*)$/i;

/** Returns an absolute or relative link as a relative link, or `undefined` if the value is not a link. */
function linkIn(url: unknown): string | undefined {
  return typeof url === "string" && isShort(url) ? LINK.exec(url)?.[2] : undefined;
}

function connectionIdIn(url: unknown): string | undefined {
  return typeof url === "string" ? /\/connections\/([\w-]{1,64})$/.exec(url)?.[1] : undefined;
}

export const upstreamErrorSchema = z.object({
  data: z.array(z.object({ code: shortText, title: text, detail: text, details: text })),
});

/** Returns the first error of a reply, or `undefined` if the reply is not in the aggregator's error format. */
export function readUpstreamError(reply: unknown): StepError | undefined {
  const parsed = z.safeParse(upstreamErrorSchema, reply);
  const [first] = parsed.success ? parsed.data.data : [];
  return first && readStepError(first);
}

/** Reads an error of the aggregator, with `detail` or `details`. */
function readStepError(error: {
  code: string;
  title?: string | null | undefined;
  detail?: string | null | undefined;
  details?: string | null | undefined;
}): StepError {
  const title = error.title ?? error.code;
  return { code: error.code, title, detail: error.detail ?? error.details ?? title };
}

const institutionSchema = z.object({
  id: upstreamId,
  authorization: text,
  securityCodeCaption: text,
  secondaryLoginIdCaption: text,
  status: text,
});

/** `user-token` means the same as `token`. Every unknown value means a plain login without MFA. */
const MEANINGS = new Map<string, Authorization>([
  ...AUTHORIZATIONS.map((name) => [name, name] as const),
  ["user-token", "token"],
]);

/** Throws if the reply is not an institution. */
export function readInstitution(reply: unknown): Institution {
  const record = z.parse(institutionSchema, reply);
  return {
    id: record.id,
    authorization: MEANINGS.get(record.authorization ?? "") ?? "user",
    needsSecurityCode: Boolean(record.securityCodeCaption),
    needsSecondaryLoginId: Boolean(record.secondaryLoginIdCaption),
    status: record.status ?? "operational",
  };
}

const connectionSchema = z.object({
  id: upstreamId,
  status: text,
  institution: z.object({ id: upstreamId }),
});

const connectionListSchema = z.object({ data: z.array(z.unknown()) });

/** Throws if the reply is not a connection. */
export function readConnection(reply: unknown): Connection {
  return toConnection(z.parse(connectionSchema, reply));
}

/**
 * Returns the connections of a list, and omits entries that are not connections. Throws if the reply is not a list.
 */
export function readConnections(reply: unknown): Connection[] {
  return z.parse(connectionListSchema, reply).data.flatMap((entry) => {
    const parsed = z.safeParse(connectionSchema, entry);
    return parsed.success ? [toConnection(parsed.data)] : [];
  });
}

function toConnection({ id, status, institution }: z.output<typeof connectionSchema>): Connection {
  return { id, institutionId: institution.id, ...(status === "pending" && { isBeingMade: true }) };
}

/** Each entry is parsed separately. */
const jobListSchema = z.object({ data: z.array(z.unknown()) });

/** A list may contain other kinds of jobs than ours. Since version 3.0, `jobType` names the kind. */
const otherKindSchema = z.object({ jobType: z.string().check(z.refine((kind) => kind !== "connection")) });

/** Only the fields that identify a job, so that an unexpected value in another field cannot hide the job from us. */
const listedSchema = z.object({
  id: upstreamId,
  created: z.optional(z.unknown()),
  institution: z.object({ id: upstreamId }),
  links: z.optional(z.unknown()),
  steps: z.optional(z.unknown()),
});

const sourceSchema = z.object({ source: z.unknown() });
const stepsSchema = z.array(z.unknown());
const verifiedSchema = z.object({
  title: z.literal(VERIFY_CREDENTIALS),
  result: z.object({ url: z.unknown() }),
});

/**
 * Returns the jobs of a list, without jobs of another kind. Throws if any other entry cannot be read: it may be the
 * job that we search for, and we would send its login again.
 */
export function readUpstreamJobs(reply: unknown): ListedJob[] {
  return z
    .parse(jobListSchema, reply)
    .data.filter((entry) => !z.safeParse(otherKindSchema, entry).success)
    .map((entry) => toListed(z.parse(listedSchema, entry)));
}

function toListed({ id, created, institution, links, steps }: z.output<typeof listedSchema>): ListedJob {
  return {
    id,
    created: typeof created === "string" && isShort(created) ? created : "",
    institutionId: institution.id,
    connectionId: connectionIdIn(sourceOf(links)) ?? connectionIdIn(linkInSteps(steps)),
  };
}

function sourceOf(links: unknown): unknown {
  const parsed = z.safeParse(sourceSchema, links);
  return parsed.success ? parsed.data.source : undefined;
}

function linkInSteps(steps: unknown): unknown {
  const parsed = z.safeParse(stepsSchema, steps);
  const found = parsed.success ? parsed.data.map((step) => z.safeParse(verifiedSchema, step)) : [];
  return found.find(({ success }) => success)?.data?.result.url;
}

/** The maximum number of steps of a job, and of inputs of a challenge. */
const MAX_ENTRIES = 20;

const duration = z.number().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER));

const resultSchema = z.object({
  type: text,
  /** An invalid link is ignored: nothing else depends on it. */
  url: z.nullish(z.string()),
  code: text,
  title: text,
  detail: text,
  details: text,
  method: text,
  description: text,
  input: z.nullish(fewOf(shortText, 0)),
  expiryMs: z.nullish(duration),
});

const stepSchema = z.object({
  title: shortText,
  status: z.enum(STEP_STATUSES),
  result: z.nullish(z.union([resultSchema, z.array(resultSchema)])),
});

export const upstreamJobSchema = z.object({
  id: upstreamId,
  created: text,
  updated: text,
  steps: fewOf(stepSchema, 1),
  institution: z.nullish(z.object({ id: upstreamId })),
  links: z.nullish(z.object({ source: text })),
});

export type UpstreamJobReply = z.output<typeof upstreamJobSchema>;
export type UpstreamStepReply = z.output<typeof stepSchema>;
export type UpstreamResultReply = z.output<typeof resultSchema>;

function fewOf<Schema extends z.ZodMiniType>(schema: Schema, min: number) {
  return z.array(schema).check(z.minLength(min), z.maxLength(MAX_ENTRIES));
}

/** One published example misspells the title of this step. */
const TITLES = new Map([["mfa-challenege", MFA_CHALLENGE]]);

/** Used if the aggregator sends no `expiryMs`. The published examples of version 2.1 show this value. */
const DEFAULT_EXPIRY_MS = 120_000;

/** Throws if the reply is not a job, or if the fields that we store exceed {@link MAX_BYTES}. */
export function readUpstreamJob(reply: unknown): UpstreamJob {
  return toJob(z.parse(upstreamJobSchema, reply));
}

/**
 * The maximum size of the fields that we store of a job: a page of 500 jobs has to fit into the 6 MB
 * of a function's response.
 */
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

export const upstreamAcceptedSchema = z.object({ id: upstreamId });

export const upstreamTokenSchema = z.object({
  // The token becomes part of a header.
  access_token: z.string().check(z.regex(/^[!-~]{1,8000}$/)),
  expires_in: z.number(),
});
