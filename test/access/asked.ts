import * as z from "zod";
import {
  errorReply,
  jobListReply,
  jobReply,
  stubListReply,
  stubReply,
  tokenReply,
} from "../../functions/http/reply-schemas.ts";
import type { Target } from "../journeys/target.ts";
import { REFUSALS, SUCCESSES } from "./matrix-page.ts";

export interface Asked {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Answered {
  status: number;
  /** All that two replies can differ in, but for what is of one request: its correlation id, its date. */
  bytes: string;
  json: unknown;
}

/** Headers that differ from reply to reply; those of a deployed gateway name the request. */
const OF_ONE_REQUEST = /^(date|.*request-?id|x-amzn-.*|apigw-.*)$/;

export async function ask({ apiUrl }: Target, { method, path, headers, body }: Asked): Promise<Answered> {
  const init = { method, ...(headers && { headers }), ...(body !== undefined && { body }) };
  const response = await fetch(`${apiUrl}${path}`, init);
  const text = await response.text();
  const kept = [...response.headers].filter(([name]) => !OF_ONE_REQUEST.test(name));
  const json: unknown = JSON.parse(text);
  const error = errorReply.safeParse(json);
  const same = error.success ? text.replace(error.data.correlationId, "") : text;
  return { status: response.status, bytes: JSON.stringify([response.status, kept, same]), json };
}

const SHAPES: { readonly [name: string]: { safeParse(json: unknown): { success: boolean } } } = {
  token: tokenReply,
  "job stub": stubReply,
  job: jobReply,
  "list of job stubs": stubListReply,
  "list of jobs": jobListReply,
  health: z.strictObject({ status: z.literal("ok") }),
};

/** A reply in the words of the page; more than that where the page has none for it. */
export function inWords(route: string, { status, json }: Answered): string {
  const success = SUCCESSES.get(route)?.get(status);
  if (success !== undefined && SHAPES[success]?.safeParse(json).success) return "yes";
  const error = errorReply.safeParse(json);
  if (!error.success) return `${status} ${JSON.stringify(json)}`;
  const codes = new Set(error.data.data.map(({ code }) => code));
  const found = [...REFUSALS].filter(([, refusal]) => refusal.status === status && codes.has(refusal.code));
  const [[word] = []] = found;
  return codes.size === 1 && found.length === 1 && word !== undefined
    ? word
    : `${status} ${[...codes].join()}`;
}
