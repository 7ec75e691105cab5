import * as z from "zod/v4/core";
import { STEP_STATUSES } from "../domain/steps.ts";
import { upstreamId } from "./ids.ts";
import { anything, either, listOf, matching, object, oneOf, orNull, textThat } from "./kinds.ts";
import { isShort, shortText, text } from "./upstream-text.ts";

/** Steps of a job, and inputs of a challenge. */
const MAX_ENTRIES = 20;

/** Elsewhere than at upstream it may lead nowhere: clients follow it with their token. */
const LINK = /^(https?:\/\/[^/]+)?\/[^/\\\s][^\\\s]*$/i;

const duration = matching<number>((ms) => typeof ms === "number" && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER);

const resultSchema = object({
  type: text,
  url: orNull(textThat((url) => isShort(url) && LINK.test(url))),
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

/** A page of 500 jobs has to fit into the 6 MB that a function may answer. */
const MAX_BYTES = 10_000;

const steps = fewOf(stepSchema, 1);

export const upstreamJobSchema = object({
  id: upstreamId,
  created: text,
  updated: text,
  steps: matching<z.output<typeof steps>>(
    (value) => z.safeParse(steps, value).success && Buffer.byteLength(JSON.stringify(value)) <= MAX_BYTES,
  ),
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

/** A list may hold jobs of kinds that are not ours. They are named since 3.0. */
export const otherKindSchema = object({ jobType: textThat((kind) => kind !== "connection") });

/** Entries are parsed one by one. */
export const upstreamJobListSchema = object({ data: listOf(anything) });
