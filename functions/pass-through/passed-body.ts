import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { ApiResult } from "../http/request.ts";
import { Refusal } from "../jobs/domain/refusal.ts";

/**
 * In bytes, of a body that is encoded as JSON text. Lambda allows 6,291,556 bytes for the whole result of a function: the
 * rest is for the status and the headers.
 */
export const MAX_ENCODED_BYTES = 6_200_000;

/** In bytes. Compression makes smaller bodies hardly shorter. */
const MIN_GZIP_BYTES = 4_096;

/** A function has a small share of a CPU: the fastest level is much faster, and JSON becomes small with every level. */
const compress = promisify(gzip);
const GZIP = { level: constants.Z_BEST_SPEED };

interface FittedBody {
  raw: Pick<ApiResult, "body" | "isBase64Encoded">;
  headers: Record<string, string>;
}

const VARY = { vary: "accept-encoding" };

/** Compresses a body if the client accepts that. Throws a `Refusal` if the body does not fit into Lambda's reply. */
export async function fitBody(body: Buffer, acceptEncoding: string | undefined): Promise<FittedBody> {
  if (body.byteLength >= MIN_GZIP_BYTES && acceptsGzip(acceptEncoding)) {
    const compressed = (await compress(body, GZIP)).toString("base64");
    if (compressed.length > MAX_ENCODED_BYTES) throw new Refusal("reply-too-large");
    return {
      raw: { body: compressed, isBase64Encoded: true },
      headers: { ...VARY, "content-encoding": "gzip" },
    };
  }
  const text = body.toString();
  if (isTooLong(text)) throw new Refusal("reply-too-large");
  return { raw: { body: text }, headers: VARY };
}

/** Reads an `Accept-Encoding` header: `gzip`, or `*` for every encoding that it does not name, unless its weight is 0. */
export function acceptsGzip(acceptEncoding = ""): boolean {
  const weights = new Map(
    acceptEncoding
      .toLowerCase()
      .split(",")
      .map((part) => {
        const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim());
        const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
        return [name, Number(weight) > 0] as const;
      }),
  );
  return weights.get("gzip") ?? weights.get("x-gzip") ?? weights.get("*") ?? false;
}

/** Lambda encodes the result of a function as JSON, in which each quote takes two bytes. */
function isTooLong(body: string): boolean {
  return body.length > MAX_ENCODED_BYTES || Buffer.byteLength(JSON.stringify(body)) > MAX_ENCODED_BYTES;
}
