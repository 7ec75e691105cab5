import * as z from "zod/mini";
import { STEP_STATUSES } from "../domain/steps.ts";
import { either, listOf, oneOf, orNull } from "./kinds.ts";
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
  input: orNull(listOf(shortText).check(z.refine(({ length }) => length <= 20))),
  expiryMs: orNull(finiteNumber.check(z.refine((ms) => ms >= 0 && ms <= Number.MAX_SAFE_INTEGER))),
});

const stepSchema = z.object({
  title: shortText,
  status: oneOf(...STEP_STATUSES),
  result: orNull(either(resultSchema, listOf(resultSchema))),
});

export const upstreamJobSchema = z.object({
  id: someText,
  created: text,
  updated: text,
  steps: listOf(stepSchema).check(z.refine(({ length }) => length > 0 && length <= 20)),
  institution: orNull(z.object({ id: shortText })),
  links: orNull(z.object({ source: text })),
});

export type UpstreamJobReply = z.infer<typeof upstreamJobSchema>;
export type UpstreamStepReply = z.infer<typeof stepSchema>;
export type UpstreamResultReply = z.infer<typeof resultSchema>;

/** Entries are parsed one by one: a list may hold jobs of kinds that are not ours. */
export const upstreamJobListSchema = z.object({ data: listOf(z.custom<unknown>()) });
