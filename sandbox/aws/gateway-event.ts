import * as z from "zod";
import { type Call, maxBodyBytes } from "../call.ts";
import { isBodyless, type Reply } from "../reply.ts";

/** What an HTTP API hands to a function, payload format 2.0. What is empty may be left out or `null`. */
const gatewayEvent = z.object({
  rawPath: z.string(),
  rawQueryString: z.string().nullish(),
  headers: z.record(z.string(), z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});

export type GatewayResult = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** The path of an event is decoded already. */
export function callOf(event: unknown): Call {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } =
    gatewayEvent.parse(event);
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  return {
    method: requestContext.http.method,
    path: rawPath,
    query: new URLSearchParams(rawQueryString ?? ""),
    headers: new Map(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    body: bytes.length <= maxBodyBytes ? bytes.toString("utf8") : null,
  };
}

export function resultOf({ status, headers, body }: Reply): GatewayResult {
  return { statusCode: status, headers, body: isBodyless(status) ? "" : body };
}
