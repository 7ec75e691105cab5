import * as z from "zod/mini";

const strings = z.nullish(z.record(z.string(), z.optional(z.string())));

/** What API Gateway hands to a function, payload format 2.0, as far as it is used. What is empty may be left out or `null`. */
export const apiEventSchema = z.object({
  rawPath: z.string(),
  headers: strings,
  pathParameters: strings,
  body: z.nullish(z.string()),
  isBase64Encoded: z.nullish(z.boolean()),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});

export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}
