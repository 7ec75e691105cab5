import * as z from "zod/v4/core";
import { AUTHORIZATIONS } from "../domain/institution.ts";
import { CHALLENGE_METHODS, JOB_KINDS, type Job, PHASES, QUEUE_REASONS } from "../domain/job.ts";
import { STEP_STATUSES } from "../domain/steps.ts";
import { anyText, either, listOf, object, oneOf, optional } from "./kinds.ts";
import { finiteNumber, wholeNumber } from "./whole-number.ts";

const linkResult = object({ type: oneOf("link"), url: anyText });
const stepError = object({ code: anyText, title: anyText, detail: anyText });

const text = optional(anyText);

/** A job as its row in the table holds it. */
const jobRecordSchema = object({
  id: anyText,
  userId: anyText,
  institutionId: anyText,
  authorization: oneOf(...AUTHORIZATIONS),
  kind: optional(oneOf(...JOB_KINDS)),
  phase: oneOf(...PHASES),
  version: wholeNumber,
  createdAt: anyText,
  updatedAt: anyText,
  generation: optional(wholeNumber),
  sweepAt: text,
  isDropped: optional(oneOf(true)),
  steps: listOf(
    object({
      title: anyText,
      status: oneOf(...STEP_STATUSES),
      result: either(either(linkResult, stepError), oneOf(null)),
    }),
  ),
  stepSince: text,
  attempt: wholeNumber,
  attemptAt: text,
  sendAgainAt: text,
  knownUpstreamJobIds: listOf(anyText),
  upstreamJobId: text,
  connectionId: text,
  followUntil: text,
  followLeftMs: optional(finiteNumber),
  challenge: optional(
    object({
      number: wholeNumber,
      method: oneOf(...CHALLENGE_METHODS),
      description: anyText,
      input: listOf(anyText),
      expiryMs: finiteNumber,
      upstreamUpdated: anyText,
      expiresAt: text,
      isAnswered: optional(oneOf(true)),
    }),
  ),
  sealedTaskToken: text,
  queue: optional(
    object({
      nextAttemptAt: anyText,
      expiresAt: anyText,
      reason: optional(oneOf(...QUEUE_REASONS)),
      isUpstreams: optional(oneOf(true)),
      unanswered: optional(wholeNumber),
    }),
  ),
});

/** Throws when the row is not a job of ours. */
export function parseJobRecord(item: unknown): Job {
  return z.parse(jobRecordSchema, item);
}
