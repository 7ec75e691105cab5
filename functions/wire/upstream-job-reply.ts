import * as z from "zod/mini";
import { STEP_STATUSES } from "../domain/steps.ts";
import { upstreamId } from "./ids.ts";
import { either, listOf, oneOf, orNull } from "./kinds.ts";
import { shortText, text } from "./upstream-text.ts";
import { finiteNumber } from "./whole-number.ts";

/** Elsewhere than at upstream it may lead nowhere: clients follow it with their token. */
const LINK = /^(https?:\/\/[^/]+)?\/[^/\\\s][^\\\s]*$/i;

const resultSchema = z.object({
  type: text,
  url: orNull(shortText.check(z.refine((url) => LINK.test(url)))),
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

/** A page of 500 jobs has to fit into the 6 MB that a function may answer. */
const MAX_BYTES = 10_000;

const isOfUsualSize = (steps: object[]) =>
  steps.length > 0 && steps.length <= 20 && Buffer.byteLength(JSON.stringify(steps)) <= MAX_BYTES;

export const upstreamJobSchema = z.object({
  id: upstreamId,
  created: text,
  updated: text,
  steps: listOf(stepSchema).check(z.refine(isOfUsualSize)),
  institution: orNull(z.object({ id: upstreamId })),
  links: orNull(z.object({ source: text })),
});

export type UpstreamJobReply = z.infer<typeof upstreamJobSchema>;
export type UpstreamStepReply = z.infer<typeof stepSchema>;
export type UpstreamResultReply = z.infer<typeof resultSchema>;

/** A list may hold jobs of kinds that are not ours. They are named since 3.0. */
export const otherKindSchema = z.object({
  jobType: shortText.check(z.refine((kind) => kind !== "connection")),
});

/** Entries are parsed one by one. */
export const upstreamJobListSchema = z.object({ data: listOf(z.custom<unknown>()) });
