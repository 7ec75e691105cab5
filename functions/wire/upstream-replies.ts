import * as z from "zod/mini";
import { STEP_STATUSES } from "../domain/steps.ts";

/*
 * What upstream answers, read tolerantly: results as objects or one-element lists, links relative or absolute,
 * `detail` or `details`. Unknown fields are ignored; a field of a wrong type, or of a size that no bank has, is rubbish.
 */

const shortText = z.string().check(z.maxLength(2000));
const text = z.optional(z.nullable(shortText));

const resultSchema = z.object({
  type: text,
  url: text,
  code: text,
  title: text,
  detail: text,
  details: text,
  method: text,
  description: text,
  input: z.optional(z.nullable(z.array(shortText).check(z.maxLength(20)))),
  expiryMs: z.optional(z.nullable(z.number().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER)))),
});

const stepSchema = z.object({
  title: shortText,
  status: z.enum(STEP_STATUSES),
  result: z.optional(z.nullable(z.union([resultSchema, z.array(resultSchema)]))),
});

export const upstreamJobSchema = z.object({
  id: shortText.check(z.minLength(1)),
  created: text,
  updated: text,
  steps: z.array(stepSchema).check(z.minLength(1), z.maxLength(20)),
  institution: z.optional(z.nullable(z.object({ id: shortText }))),
  links: z.optional(z.nullable(z.object({ source: text }))),
});

export type UpstreamJobReply = z.infer<typeof upstreamJobSchema>;
export type UpstreamStepReply = z.infer<typeof stepSchema>;
export type UpstreamResultReply = z.infer<typeof resultSchema>;

/** Entries are parsed one by one: a list may hold jobs of kinds that are not ours. */
export const upstreamJobListSchema = z.object({ data: z.array(z.unknown()) });

export const upstreamInstitutionSchema = z.object({
  id: shortText,
  authorization: text,
  securityCodeCaption: text,
  secondaryLoginIdCaption: text,
  status: text,
});

export const upstreamAcceptedSchema = z.object({ id: shortText.check(z.minLength(1)) });

export const upstreamTokenSchema = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.number(),
});

export const upstreamErrorSchema = z.object({
  data: z
    .array(z.object({ code: shortText, title: text, detail: text, details: text }))
    .check(z.minLength(1)),
});
