import * as z from "zod/mini";
import { AUTHORIZATIONS } from "../domain/institution.ts";
import { CHALLENGE_METHODS, JOB_KINDS, type Job, PHASES, QUEUE_REASONS } from "../domain/job.ts";
import { STEP_STATUSES } from "../domain/steps.ts";
import { either, listOf, oneOf } from "./kinds.ts";
import { finiteNumber, wholeNumber } from "./whole-number.ts";

const linkResult = z.object({ type: oneOf("link"), url: z.string() });
const stepError = z.object({ code: z.string(), title: z.string(), detail: z.string() });

const text = z.optional(z.string());

/** A job as its row in the table holds it. */
const jobRecordSchema = z.object({
  id: z.string(),
  userId: z.string(),
  institutionId: z.string(),
  authorization: oneOf(...AUTHORIZATIONS),
  kind: z.optional(oneOf(...JOB_KINDS)),
  phase: oneOf(...PHASES),
  version: wholeNumber,
  createdAt: z.string(),
  updatedAt: z.string(),
  generation: z.optional(wholeNumber),
  sweepAt: text,
  isDropped: z.optional(oneOf(true)),
  steps: listOf(
    z.object({
      title: z.string(),
      status: oneOf(...STEP_STATUSES),
      result: either(either(linkResult, stepError), oneOf(null)),
    }),
  ),
  stepSince: text,
  attempt: wholeNumber,
  attemptAt: text,
  sendAgainAt: text,
  knownUpstreamJobIds: listOf(z.string()),
  upstreamJobId: text,
  connectionId: text,
  followUntil: text,
  followLeftMs: z.optional(finiteNumber),
  challenge: z.optional(
    z.object({
      number: wholeNumber,
      method: oneOf(...CHALLENGE_METHODS),
      description: z.string(),
      input: listOf(z.string()),
      expiryMs: finiteNumber,
      upstreamUpdated: z.string(),
      expiresAt: text,
      isAnswered: z.optional(oneOf(true)),
    }),
  ),
  sealedTaskToken: text,
  queue: z.optional(
    z.object({
      nextAttemptAt: z.string(),
      expiresAt: z.string(),
      reason: z.optional(oneOf(...QUEUE_REASONS)),
      isUpstreams: z.optional(oneOf(true)),
      unanswered: z.optional(wholeNumber),
    }),
  ),
});

/** Throws when the row is not a job of ours. */
export function parseJobRecord(item: unknown): Job {
  return jobRecordSchema.parse(item);
}
