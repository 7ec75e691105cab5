import * as z from "zod/mini";
import { AUTHORIZATIONS } from "../domain/institution.ts";
import { CHALLENGE_METHODS, JOB_KINDS, type Job, PHASES, QUEUE_REASONS } from "../domain/job.ts";
import { type LinkResult, STEP_STATUSES, type StepError } from "../domain/steps.ts";
import { finiteNumber, wholeNumber } from "./whole-number.ts";

const linkResult = z.object({ type: z.literal("link"), url: z.string() });
const stepError = z.object({ code: z.string(), title: z.string(), detail: z.string() });

/** Either, as it is. A union would copy it, for 1.3 kB more. */
const stepResult = z.custom<LinkResult | StepError | null>(
  (result) => result === null || linkResult.safeParse(result).success || stepError.safeParse(result).success,
);

const text = z.optional(z.string());

/** A job as its row in the table holds it. */
const jobRecordSchema = z.object({
  id: z.string(),
  userId: z.string(),
  institutionId: z.string(),
  authorization: z.literal(AUTHORIZATIONS),
  kind: z.optional(z.literal(JOB_KINDS)),
  phase: z.literal(PHASES),
  version: wholeNumber,
  createdAt: z.string(),
  updatedAt: z.string(),
  generation: z.optional(wholeNumber),
  sweepAt: text,
  steps: z.array(
    z.object({
      title: z.string(),
      status: z.literal(STEP_STATUSES),
      result: stepResult,
    }),
  ),
  stepSince: text,
  attempt: wholeNumber,
  attemptAt: text,
  sendAgainAt: text,
  knownUpstreamJobIds: z.array(z.string()),
  upstreamJobId: text,
  connectionId: text,
  followUntil: text,
  followLeftMs: z.optional(finiteNumber),
  challenge: z.optional(
    z.object({
      number: wholeNumber,
      method: z.literal(CHALLENGE_METHODS),
      description: z.string(),
      input: z.array(z.string()),
      expiryMs: finiteNumber,
      upstreamUpdated: z.string(),
      expiresAt: text,
      isAnswered: z.optional(z.literal(true)),
    }),
  ),
  sealedTaskToken: text,
  queue: z.optional(
    z.object({
      nextAttemptAt: z.string(),
      expiresAt: z.string(),
      reason: z.optional(z.literal(QUEUE_REASONS)),
      isUpstreams: z.optional(z.literal(true)),
      unanswered: z.optional(wholeNumber),
    }),
  ),
});

/** Throws when the row is not a job of ours. */
export function parseJobRecord(item: unknown): Job {
  return jobRecordSchema.parse(item);
}
