import * as z from "zod/mini";
import { upstreamId } from "../../jobs/domain/ids.ts";
import { AUTHORIZATIONS, type Authorization, type Institution } from "../../jobs/domain/institution.ts";
import { LOGIN_FIELDS, type LoginField } from "../../jobs/domain/login.ts";
import {
  MFA_CHALLENGE,
  STEP_STATUSES,
  type Step,
  type StepError,
  VERIFY_CREDENTIALS,
} from "../../jobs/domain/steps.ts";
import type { Connection, UpstreamJob } from "../../jobs/domain/upstream-job.ts";
import type { Bank } from "../../page/bank.ts";

/*
 * The parsers in this file are tolerant. They accept results as objects or as one-element lists, links relative or
 * absolute, and `detail` or `details`. They ignore unknown fields, and omit a text of another type, a text longer than
 * any bank sends, and a text with half a character (an unpaired surrogate). They reject a reply only if a field is
 * missing without which nothing can be decided: an id, a list, or every step of a job.
 */

const MAX_LENGTH = 2000;

export const isShort = (given: string) => given.length <= MAX_LENGTH && given.isWellFormed();

export const shortText = z.string().check(z.refine(isShort));

/** RFC 3339, with or without fractions of a second. */
const TIME = /^\d{4}-\d\d-\d\d[T ][\d:.]{5,20}(Z|[+-]\d\d:\d\d)$/;

/**
 * Returns a time as the aggregator wrote it, or an empty string if the time is missing or malformed. We compare this
 * text, and store it unencrypted.
 */
function timeIn(given: unknown): string {
  return typeof given === "string" && TIME.test(given) ? given : "";
}

/** The aggregator may omit these fields, send `null`, or send another type than it publishes. */
export const text = z.catch(z.nullish(shortText), undefined);

/**
 * Clients follow links with their token, so a link must not name another host than the
 * aggregator's. We keep only the path.
 */
const LINK = /^(https?:\/\/[^/]+)?(\/[^/\\\s][^\\\s]*)$/i;

/** Returns an absolute or relative link as a relative link, or `undefined` if the value is not a link. */
export function linkIn(url: unknown): string | undefined {
  return typeof url === "string" && isShort(url) ? LINK.exec(url)?.[2] : undefined;
}

export function connectionIdIn(url: unknown): string | undefined {
  return typeof url === "string" ? /\/connections\/([\w-]{1,64})$/.exec(url)?.[1]?.toLowerCase() : undefined;
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
export function readStepError(error: {
  code: string;
  title?: string | null | undefined;
  detail?: string | null | undefined;
  details?: string | null | undefined;
}): StepError {
  const title = error.title ?? error.code;
  return { code: error.code, title, detail: error.detail ?? error.details ?? title };
}

const listSchema = z.object({ data: z.array(z.unknown()) });

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

/** Only `https`: the address of a script or a file is no page of a bank. */
const webPage = z.catch(z.nullish(shortText.check(z.regex(/^https:\/\/[^\s"'<>\\]+$/))), undefined);

const bankSchema = z.object({
  name: text,
  stage: text,
  loginIdCaption: text,
  passwordCaption: text,
  userTokenCaption: text,
  securityCodeCaption: text,
  secondaryLoginIdCaption: text,
  forgottenPasswordUrl: webPage,
});

/** Reads an institution with what people see of it. Throws if the reply is not an institution. */
export function readBank(reply: unknown): Bank {
  const institution = readInstitution(reply);
  const record = z.parse(bankSchema, reply);
  return {
    ...institution,
    name: record.name || institution.id,
    captions: captionsOf({
      loginId: record.loginIdCaption,
      password: record.passwordCaption,
      userToken: record.userTokenCaption,
      securityCode: record.securityCodeCaption,
      secondaryLoginId: record.secondaryLoginIdCaption,
    }),
    ...(record.forgottenPasswordUrl != null && { forgottenPasswordUrl: record.forgottenPasswordUrl }),
  };
}

function captionsOf(given: { [field in LoginField]: string | null | undefined }): Bank["captions"] {
  const named = LOGIN_FIELDS.flatMap((field) => {
    const caption = given[field];
    return caption ? [[field, caption] as const] : [];
  });
  return Object.fromEntries(named);
}

const listedBank = z.object({ stage: text, authorization: text });

/**
 * Returns the banks of a list to which people can log in. Leaves out banks in an alpha stage, and banks that connect
 * in another way. Throws if the reply is not a list.
 */
export function readBanks(reply: unknown): Bank[] {
  return z.parse(listSchema, reply).data.flatMap((entry) => {
    const { data: listed } = z.safeParse(listedBank, entry);
    const isOffered =
      listed !== undefined && listed.stage !== "alpha" && MEANINGS.has(listed.authorization ?? "");
    return isOffered ? (orNothing(() => readBank(entry)) ?? []) : [];
  });
}

function orNothing<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const connectorSchema = z.object({
  id: upstreamId,
  status: text,
  institution: z.catch(z.nullish(z.object({ name: text })), undefined),
  authorization: z.catch(
    z.object({
      type: text,
      meta: z.catch(
        z.nullish(z.object({ security_code_caption: text, secondary_login_id_caption: text })),
        undefined,
      ),
    }),
    { type: undefined },
  ),
});

/** Reads a connector of version 3.0 as the institution that it connects to. Throws if the reply is not a connector. */
export function readConnector(reply: unknown): Institution {
  const { id, status, authorization } = z.parse(connectorSchema, reply);
  return readInstitution({
    id,
    status,
    authorization: authorization.type,
    securityCodeCaption: authorization.meta?.security_code_caption,
    secondaryLoginIdCaption: authorization.meta?.secondary_login_id_caption,
  });
}

/** As {@link readConnector}, with the name. Since version 3.0, nobody logs in on our pages. */
export function readConnectedBank(reply: unknown): Bank {
  const connector = readConnector(reply);
  const { institution } = z.parse(connectorSchema, reply);
  return { ...connector, name: institution?.name || connector.id, captions: {} };
}

const connectionSchema = z.object({
  id: upstreamId,
  status: text,
  institution: z.object({ id: upstreamId }),
});

/** Throws if the reply is not a connection. */
export function readConnection(reply: unknown): Connection {
  return toConnection(z.parse(connectionSchema, reply));
}

/**
 * Returns the connections of a list, and omits entries that are not connections. Throws if the reply is not a list.
 */
export function readConnections(reply: unknown): Connection[] {
  return z.parse(listSchema, reply).data.flatMap((entry) => {
    const parsed = z.safeParse(connectionSchema, entry);
    return parsed.success ? [toConnection(parsed.data)] : [];
  });
}

/** Published for open banking, until the user comes back from the bank. */
const AWAITS_USER = "pre-init";

function toConnection({ id, status, institution }: z.output<typeof connectionSchema>): Connection {
  return {
    id: id.toLowerCase(),
    institutionId: institution.id,
    ...((status === "pending" || status === AWAITS_USER) && { isBeingMade: true }),
    ...(status === AWAITS_USER && { awaitsUser: true }),
  };
}

/** The maximum number of steps of a job, and of inputs of a challenge. */
const MAX_ENTRIES = 20;

const milliseconds = z.number().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER));

/** A number, or a number as text. */
const duration = z.union([
  milliseconds,
  z.pipe(z.string().check(z.regex(/^\d{1,15}$/)), z.transform(Number)),
]);

const resultSchema = z.object({
  type: text,
  url: z.catch(z.nullish(z.string()), undefined),
  code: text,
  title: text,
  detail: text,
  details: text,
  method: text,
  description: text,
  input: z.catch(z.nullish(z.array(shortText).check(z.maxLength(MAX_ENTRIES))), undefined),
  expiryMs: z.catch(z.nullish(duration), undefined),
});

const stepSchema = z.object({
  title: shortText,
  /** A step of an unknown status is not over. */
  status: z.catch(z.enum(STEP_STATUSES), "in-progress"),
  result: z.catch(z.nullish(z.union([resultSchema, z.array(resultSchema)])), undefined),
});

/** Omits entries that are not steps. */
const stepsSchema = z
  .pipe(
    z.array(z.unknown()).check(z.maxLength(MAX_ENTRIES)),
    z.transform((entries) => entries.flatMap((entry) => z.safeParse(stepSchema, entry).data ?? [])),
  )
  .check(z.refine((steps) => steps.length > 0));

export const upstreamJobSchema = z.object({
  id: upstreamId,
  created: text,
  updated: text,
  steps: stepsSchema,
  institution: z.catch(z.nullish(z.object({ id: upstreamId })), undefined),
  links: z.catch(z.nullish(z.object({ source: text })), undefined),
});

export type UpstreamJobReply = z.output<typeof upstreamJobSchema>;
export type UpstreamStepReply = z.output<typeof stepSchema>;
export type UpstreamResultReply = z.output<typeof resultSchema>;

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
  const source = connectionIdIn(reply.links?.source);
  return {
    id: reply.id,
    created: reply.created ?? "",
    updated: timeIn(reply.updated),
    steps,
    challenge,
    connectionId: source ?? connectionIdIn(linkOf(steps)),
    ...(source !== undefined && { namesSource: true }),
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
