import * as z from "zod/v4/core";
import { upstreamId } from "../../jobs/domain/ids.ts";
import { anyText, either, listOf, matching, object, oneOf, orNull } from "../../jobs/domain/kinds.ts";
import { STEP_STATUSES } from "../../jobs/domain/steps.ts";
import { shortText, text } from "./upstream-text.ts";

/** Steps of a job, and inputs of a challenge. */
const MAX_ENTRIES = 20;

const duration = matching<number>((ms) => typeof ms === "number" && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER);

const resultSchema = object({
  type: text,
  /** One that is no link leads nowhere, and nothing else depends on it. */
  url: orNull(anyText),
  code: text,
  title: text,
  detail: text,
  details: text,
  method: text,
  description: text,
  input: orNull(fewOf(shortText, 0)),
  expiryMs: orNull(duration),
});

const stepSchema = object({
  title: shortText,
  status: oneOf(...STEP_STATUSES),
  result: orNull(either(resultSchema, listOf(resultSchema))),
});

export const upstreamJobSchema = object({
  id: upstreamId,
  created: text,
  updated: text,
  steps: fewOf(stepSchema, 1),
  institution: orNull(object({ id: upstreamId })),
  links: orNull(object({ source: text })),
});

export type UpstreamJobReply = z.output<typeof upstreamJobSchema>;
export type UpstreamStepReply = z.output<typeof stepSchema>;
export type UpstreamResultReply = z.output<typeof resultSchema>;

function fewOf<Schema extends z.$ZodType>(schema: Schema, min: number) {
  const list = listOf(schema);
  return matching<z.output<Schema>[]>(
    (value) =>
      Array.isArray(value) &&
      value.length >= min &&
      value.length <= MAX_ENTRIES &&
      z.safeParse(list, value).success,
  );
}
