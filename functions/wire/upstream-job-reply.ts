import * as z from "zod/mini";
import { STEP_STATUSES } from "../domain/steps.ts";
import { orNull } from "./or-null.ts";
import { shortText, someText, text } from "./upstream-text.ts";
import { finiteNumber } from "./whole-number.ts";

const resultSchema = z.object({
  type: text,
  url: text,
  code: text,
  title: text,
  detail: text,
  details: text,
  method: text,
  description: text,
  input: orNull(z.array(shortText).check(z.refine(({ length }) => length <= 20))),
  expiryMs: orNull(finiteNumber.check(z.refine((ms) => ms >= 0 && ms <= Number.MAX_SAFE_INTEGER))),
});

const stepSchema = z.object({
  title: shortText,
  status: z.literal(STEP_STATUSES),
  result: orNull(z.union([resultSchema, z.array(resultSchema)])),
});

export const upstreamJobSchema = z.object({
  id: someText,
  created: text,
  updated: text,
  steps: z.array(stepSchema).check(z.refine(({ length }) => length > 0 && length <= 20)),
  institution: orNull(z.object({ id: shortText })),
  links: orNull(z.object({ source: text })),
});

export type UpstreamJobReply = z.infer<typeof upstreamJobSchema>;
export type UpstreamStepReply = z.infer<typeof stepSchema>;
export type UpstreamResultReply = z.infer<typeof resultSchema>;

/** Entries are parsed one by one: a list may hold jobs of kinds that are not ours. */
export const upstreamJobListSchema = z.object({ data: z.array(z.custom<unknown>()) });
