import * as z from "zod/mini";
import type { HttpRequest } from "../../http/request.ts";
import { packAnswers } from "../domain/challenge.ts";
import type { KeyedRequest } from "../domain/idempotency.ts";
import { connectionIdSchema, INSTITUTION_ID, UUID_V4 } from "../domain/ids.ts";
import { LOGIN_FIELDS, type Login, packLogin } from "../domain/login.ts";
import { type Problem, Refusal } from "../domain/refusal.ts";
import { Secret } from "../domain/secret.ts";
import { DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS } from "../domain/waiting.ts";
import { MAX_ADOPTED } from "../use-cases/adopt-jobs.ts";

/** 1 to 255 characters of printable ASCII. */
const KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * Returns the request with its Idempotency-Key, or `undefined` without a key. Throws a `Refusal`
 * if the key is malformed.
 */
export function keyedRequest(request: HttpRequest, userId: string): KeyedRequest | undefined {
  const key = request.header("idempotency-key");
  if (key === undefined) return undefined;
  if (!KEY.test(key)) throw new Refusal({ reason: "field-not-valid", field: "Idempotency-Key" });
  return {
    userId,
    key,
    text: new Secret(`${request.method} ${request.path.toLowerCase()}\n${canonical(request.text())}`),
  };
}

/** Returns JSON without blanks and with sorted keys, and any other text as it is: two equal requests are one text. */
function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    return text;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => [name, sorted(member)]);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The maximum size of a plaintext that KMS encrypts directly. */
const MAX_LOGIN_BYTES = 4096;

/** Published clients send `null` and `""` for missing values. */
const text = z.nullish(z.string());

export const connectionRequest = z.object({
  loginId: text,
  password: text,
  userToken: text,
  securityCode: text,
  secondaryLoginId: text,
  institution: z.nullish(z.object({ id: text })),
});

export interface ConnectionRequest {
  institutionId: string | undefined;
  login: Login;
}

/**
 * Parses the body of a create or an update. Throws a `Refusal` that names every field of a wrong type. Ignores
 * unknown fields. An update needs no institution, because its connection already has an institution.
 */
export function parseConnectionRequest(body: object): ConnectionRequest {
  const parsed = z.safeParse(connectionRequest, body);
  if (!parsed.success) throw fieldsNotValid(parsed.error.issues.map(({ path }) => path));
  const institutionId = parsed.data.institution?.id || undefined;
  if (institutionId !== undefined && !INSTITUTION_ID.test(institutionId)) {
    throw new Refusal({ reason: "unknown-institution", field: "institution.id" });
  }
  const login: Login = {};
  for (const field of LOGIN_FIELDS) {
    const given = parsed.data[field];
    // A login id of blanks only is missing. Other blanks stay, because banks differ in what they do with them.
    const isMissing = !given || (field === "loginId" && given.trim() === "");
    if (!isMissing) login[field] = new Secret(given);
  }
  if (Buffer.byteLength(packLogin(login).reveal()) > MAX_LOGIN_BYTES) {
    throw new Refusal({ reason: "field-not-valid", field: "connection" });
  }
  return { institutionId, login };
}

/** The refusal names only fields of our own schema, and never repeats text of the request. */
function fieldsNotValid(paths: readonly PropertyKey[][]): Refusal {
  const fields = new Set(
    paths.map((path) => (path[0] === "institution" ? "institution.id" : String(path[0]))),
  );
  const [first, ...more] = [...fields].map((field): Problem => ({ reason: "field-not-valid", field }));
  return new Refusal(first ?? "not-json", ...more);
}

export const adoptRequest = z.object({
  jobIds: z.array(z.string()).check(z.minLength(1), z.maxLength(MAX_ADOPTED)),
});

/** Returns the ids of the aggregator's jobs in a body. Throws a `Refusal` if they are missing or not valid. */
export function parseAdoptRequest(body: object): string[] {
  const field = "jobIds";
  if (!Object.hasOwn(body, field)) throw new Refusal({ reason: "field-missing", field });
  const parsed = z.safeParse(adoptRequest, body);
  if (!parsed.success) throw new Refusal({ reason: "field-not-valid", field });
  return parsed.data.jobIds;
}

const MAX_LIMIT = 500;

export interface ListRequest {
  limit: number;
  from: string | undefined;
  connectionId: string | undefined;
  institutionId: string | undefined;
}

const FILTER = /^(connection|institution)\.id\.eq\('([^']*)'\)$/;
const LIMIT = /^[1-9]\d{0,2}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Throws a `Refusal` that names the invalid parameter. */
export function parseListRequest(query: (name: string) => string | undefined): ListRequest {
  return { limit: limitIn(query("limit")), from: cursorIn(query("next")), ...filterIn(query("filter")) };
}

function limitIn(limit: string | undefined): number {
  if (limit === undefined) return MAX_LIMIT;
  if (!LIMIT.test(limit) || Number(limit) > MAX_LIMIT) throw parameterNotValid("limit");
  return Number(limit);
}

/** Checks a cursor that we issued: the creation time and the id of the last job on a page. */
function cursorIn(next: string | undefined): string | undefined {
  const [time = "", id = ""] = next?.split("_") ?? [];
  if (next !== undefined && !(TIME.test(time) && UUID_V4.test(id) && next === `${time}_${id}`)) {
    throw parameterNotValid("next");
  }
  return next;
}

/** Reads one condition or both, separated by a comma. */
function filterIn(filter: string | undefined): Pick<ListRequest, "connectionId" | "institutionId"> {
  const wanted: Pick<ListRequest, "connectionId" | "institutionId"> = {
    connectionId: undefined,
    institutionId: undefined,
  };
  for (const condition of filter === undefined ? [] : filter.split(",")) {
    const [, what, text = ""] = FILTER.exec(condition.trim()) ?? [];
    const name = what === "connection" ? "connectionId" : "institutionId";
    const id = what === "connection" ? z.safeParse(connectionIdSchema, text).data : institutionIdIn(text);
    if (what === undefined || id === undefined || wanted[name] !== undefined)
      throw parameterNotValid("filter");
    wanted[name] = id;
  }
  return wanted;
}

function institutionIdIn(text: string): string | undefined {
  return INSTITUTION_ID.test(text) ? text : undefined;
}

function parameterNotValid(field: string): Refusal {
  return new Refusal({ reason: "field-not-valid", field });
}

const WAIT = /^\d{1,2}$/;

/** For how long the client wants to wait, and for what. */
export interface ChangesRequest {
  waitMs: number;
  isWhileRunning: boolean;
}

/** Throws a `Refusal` that names the invalid parameter. */
export function parseChangesRequest(query: (name: string) => string | undefined): ChangesRequest {
  const wait = query("wait") ?? String(DEFAULT_WAIT_SECONDS);
  if (!WAIT.test(wait) || Number(wait) > MAX_WAIT_SECONDS) throw parameterNotValid("wait");
  const state = query("while");
  if (state !== undefined && state !== "running") throw parameterNotValid("while");
  return { waitMs: Number(wait) * 1000, isWhileRunning: state === "running" };
}

/** The maximum size of a plaintext that KMS encrypts directly. */
const MAX_ANSWERS_BYTES = 4096;

export const mfaRequest = z.object({ "mfa-response": z.array(z.string()) });

/**
 * Throws a `Refusal` unless `mfa-response` is a list of strings, none of them empty, of at most
 * {@link MAX_ANSWERS_BYTES}.
 */
export function parseMfaRequest(body: object): Secret[] {
  const field = "mfa-response";
  if (!Object.hasOwn(body, field)) throw new Refusal({ reason: "field-missing", field });
  const parsed = z.safeParse(mfaRequest, body);
  const given = parsed.success ? parsed.data[field] : [];
  const answers = given.map((answer) => new Secret(answer));
  const isTooLong = Buffer.byteLength(packAnswers(answers).reveal()) > MAX_ANSWERS_BYTES;
  const isEmpty = given.length === 0 || given.some((answer) => answer.trim() === "");
  if (isTooLong || isEmpty) throw new Refusal({ reason: "answers-not-valid", field });
  return answers;
}
