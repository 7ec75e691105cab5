import * as z from "zod/mini";
import { type HttpRequest, mediaTypeOf } from "../http/request.ts";
import { UpstreamUnavailable } from "../jobs/domain/errors.ts";
import { INSTITUTION_ID, upstreamId } from "../jobs/domain/ids.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { formParts } from "./form-parts.ts";
import { upstreamPath } from "./passed-call.ts";
import type { PassedCall, PassedReply } from "./passing.ts";
import type { PassedRoute } from "./routes.ts";

/**
 * In bytes, of the whole body. Lambda takes 6 MB, and the gateway encodes a body in base64, which makes it longer by a third:
 * 6,000,000 bytes, which leave room for the headers.
 */
export const MAX_STATEMENT_BYTES = 4_500_000;

/** What may be sent on as a header. */
const PRINTABLE = /^[\x20-\x7e]{1,200}$/;

interface Statement {
  institutionId: string;
  call: PassedCall;
}

/** Reads which bank a statement is of. The body passes with its bytes unchanged. Throws a `Refusal` if it is no such form. */
export function readStatement(route: PassedRoute, request: HttpRequest): Statement {
  if (mediaTypeOf(request) !== "multipart/form-data") throw new Refusal("content-type-not-multipart");
  const contentType = request.header("content-type") ?? "";
  const bytes = request.bytes();
  const parts = PRINTABLE.test(contentType) ? formParts(bytes, contentType) : undefined;
  if (parts === undefined) throw new Refusal("form-not-valid");
  const institutionId = parts.get("institutionId")?.toString() ?? "";
  if (institutionId === "") throw new Refusal("institution-not-provided");
  if (!INSTITUTION_ID.test(institutionId)) throw new Refusal("unknown-institution");
  if (!parts.get("statement")?.byteLength) throw new Refusal("statement-not-provided");
  const path = upstreamPath(route.path, request.parameter);
  const body = new Uint8Array(bytes);
  return { institutionId, call: { method: route.method, path, query: "", body, contentType } };
}

const acceptedSchema = z.object({ id: upstreamId });

/** Returns the aggregator's id of the job that reads the statement. Throws `UpstreamUnavailable` if the reply names none. */
export function upstreamJobIn({ body }: PassedReply): string {
  try {
    return z.parse(acceptedSchema, JSON.parse(body.toString())).id;
  } catch {
    throw new UpstreamUnavailable();
  }
}
