import { anyText, matching, object, oneOf, orNull } from "../jobs/domain/kinds.ts";

interface Texts {
  [name: string]: string | undefined;
}

const texts = orNull(matching<Texts>(isTexts));

/** What API Gateway hands to a function, payload format 2.0, as far as it is used. What is empty may be left out or `null`. */
export const apiEventSchema = object({
  rawPath: anyText,
  rawQueryString: orNull(anyText),
  headers: texts,
  pathParameters: texts,
  body: orNull(anyText),
  isBase64Encoded: orNull(oneOf(true, false)),
  requestContext: object({ http: object({ method: anyText }) }),
});

/** The part that names the request. */
export const gatewayEvent = object({ requestContext: object({ requestId: anyText }) });

export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

function isTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => text === undefined || typeof text === "string");
}
