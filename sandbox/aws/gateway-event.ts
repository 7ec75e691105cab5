import * as z from "zod/mini";
import { type Call, maxBodyBytes } from "../call.ts";
import { isJsonObject } from "../json-body.ts";
import { isBodyless, type Reply } from "../reply.ts";

type Texts = Readonly<Record<string, string>>;

/** The event that an HTTP API sends to a function, in payload format 2.0. Empty fields may be missing or `null`. */
const gatewayEvent = z.object({
  rawPath: z.string(),
  rawQueryString: z.nullish(z.string()),
  headers: z.nullish(z.custom<Texts>(isTexts)),
  body: z.nullish(z.string()),
  isBase64Encoded: z.nullish(z.boolean()),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});

export type GatewayResult = {
  readonly statusCode: number;
  readonly headers: Texts;
  readonly body: string;
};

function isTexts(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
}

/** Converts an event into a call. The gateway has already decoded the path. */
export function callOf(event: unknown): Call {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } =
    gatewayEvent.parse(event);
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  return {
    method: requestContext.http.method,
    path: rawPath,
    query: new URLSearchParams(rawQueryString ?? ""),
    headers: new Map(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    body: bytes.length <= maxBodyBytes(rawPath) ? bytes.toString("utf8") : null,
  };
}

export function resultOf({ status, headers, body }: Reply): GatewayResult {
  return { statusCode: status, headers, body: isBodyless(status) ? "" : body };
}
