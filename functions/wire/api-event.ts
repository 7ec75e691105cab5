import * as z from "zod/mini";
import { oneOf, orNull } from "./kinds.ts";

interface Texts {
  [name: string]: string | undefined;
}

const texts = orNull(z.custom<Texts>(isTexts));

/** What API Gateway hands to a function, payload format 2.0, as far as it is used. What is empty may be left out or `null`. */
export const apiEventSchema = z.object({
  rawPath: z.string(),
  rawQueryString: orNull(z.string()),
  headers: texts,
  pathParameters: texts,
  body: orNull(z.string()),
  isBase64Encoded: orNull(oneOf(true, false)),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});

export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

function isTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => text === undefined || typeof text === "string");
}
