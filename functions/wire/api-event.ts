import * as z from "zod/mini";

const strings = z.record(z.string(), z.optional(z.string()));

/** What API Gateway hands to a function, payload format 2.0, as far as it is used. */
export const apiEventSchema = z.object({
  rawPath: z.string(),
  headers: z._default(strings, {}),
  pathParameters: z._default(strings, {}),
  body: z.optional(z.string()),
  isBase64Encoded: z._default(z.boolean(), false),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});

export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}
