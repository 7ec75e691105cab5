import * as z from "zod/mini";
import { AUTHORIZATIONS } from "../domain/institution.ts";
import {
  type Blocked,
  CHALLENGE_METHODS,
  type Challenge,
  JOB_KINDS,
  type Job,
  PHASES,
  QUEUE_REASONS,
  type Queue,
  WAITS_FOR,
} from "../domain/job.ts";
import {
  type LinkResult,
  STEP_STATUSES,
  type Step,
  type StepError,
  type StepTimes,
} from "../domain/steps.ts";

/**
 * A schema for each field of a type, including the optional fields. An additional or missing field does not compile.
 */
type Fields<Of> = { readonly [name in keyof Of]-?: z.ZodMiniType<Of[name]> };

const text = z.optional(z.string());

const linkResult = z.object({ type: z.literal("link"), url: z.string() } satisfies Fields<LinkResult>);
const stepError = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
} satisfies Fields<StepError>);

const step = z.object({
  title: z.string(),
  status: z.enum(STEP_STATUSES),
  result: z.nullable(z.union([linkResult, stepError])),
} satisfies Fields<Step>);

const challenge = z.object({
  number: z.int(),
  method: z.enum(CHALLENGE_METHODS),
  description: z.string(),
  input: z.array(z.string()),
  expiryMs: z.number(),
  upstreamUpdated: z.string(),
  expiresAt: text,
  isAnswered: z.optional(z.literal(true)),
  refusal: z.optional(stepError),
  lingersUntil: text,
  repeatsUntil: text,
} satisfies Fields<Challenge>);

const queue = z.object({
  nextAttemptAt: z.string(),
  expiresAt: z.string(),
  waitsFor: z.optional(z.enum(WAITS_FOR)),
  reason: z.optional(z.enum(QUEUE_REASONS)),
  isUpstreams: z.optional(z.literal(true)),
  unanswered: z.optional(z.int()),
  uncounted: z.optional(z.int()),
} satisfies Fields<Queue>);

const blocked = z.object({ upstreamJobId: z.string(), until: z.string() } satisfies Fields<Blocked>);

const stepTimes = z.object({
  "verify-credentials": z.optional(z.number()),
  "retrieve-accounts": z.optional(z.number()),
  "retrieve-transactions": z.optional(z.number()),
} satisfies Fields<StepTimes>);

const jobRecord = z.object({
  id: z.string(),
  userId: z.string(),
  institutionId: z.string(),
  authorization: z.enum(AUTHORIZATIONS),
  kind: z.optional(z.enum(JOB_KINDS)),
  phase: z.enum(PHASES),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  generation: z.optional(z.int()),
  sweepAt: text,
  isDropped: z.optional(z.literal([true, "unless-repeated"])),
  isRepeated: z.optional(z.literal(true)),
  steps: z.array(step),
  stepSince: text,
  stepMs: z.optional(stepTimes),
  attempt: z.int(),
  attemptAt: text,
  pausedUntil: text,
  sendAgainAt: text,
  knownUpstreamJobIds: z.array(z.string()),
  upstreamJobId: text,
  blocked: z.optional(blocked),
  connectionId: text,
  lostAt: text,
  followUntil: text,
  followLeftMs: z.optional(z.number()),
  challenge: z.optional(challenge),
  sealedTaskToken: text,
  queue: z.optional(queue),
  eventCount: z.optional(z.int()),
} satisfies Fields<Job>);

/** A job as its row in the table stores it: the same fields as {@link Job}, with the same values. */
export type JobRecord = z.output<typeof jobRecord>;

/** The fields from which the API renders a job, for rows that store a job as it was at one version. */
export const shownJobRecord = z.pick(jobRecord, {
  id: true,
  userId: true,
  phase: true,
  createdAt: true,
  updatedAt: true,
  steps: true,
  attempt: true,
  connectionId: true,
  challenge: true,
  queue: true,
});

/** Returns the fields of a row that are the job. A value that the schema cannot read back does not compile. */
export function jobRecordOf(job: Job): JobRecord {
  return job;
}

/** Throws if the row is not one of our jobs. */
export function parseJobRecord(row: unknown): Job {
  return z.parse(jobRecord, row);
}
