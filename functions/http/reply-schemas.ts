import * as z from "zod/mini";
import { CHALLENGE_METHODS } from "../jobs/domain/job.ts";
import { STEP_STATUSES } from "../jobs/domain/steps.ts";

/*
 * Schemas of all replies of our API. The functions that render replies have these types, and tests check every reply
 * against them: an additional or missing field is a defect.
 */

/** RFC 3339 in UTC, without fractions of a second. */
const timestamp = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/));

export const tokenReply = z.strictObject({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.int(),
});

export const stubReply = z.strictObject({
  type: z.literal("job"),
  id: z.uuidv4(),
  links: z.strictObject({ self: z.url() }),
});

const linkResult = z.strictObject({ type: z.literal("link"), url: z.string().check(z.startsWith("/")) });

export const mfaResult = z.strictObject({
  type: z.literal("mfa"),
  method: z.enum(CHALLENGE_METHODS),
  description: z.string(),
  input: z.array(z.string()).check(z.minLength(1)),
  expiryMs: z.number(),
  expiresAt: timestamp,
  links: z.strictObject({ response: z.url() }),
});

/** The published schema calls the text of a step's error `details`, the published examples `detail`: both are set. */
const bothDetails = { detail: z.string(), details: z.string() };

const errorResult = z.strictObject({ code: z.string(), title: z.string(), ...bothDetails });

export const queuedResult = z.strictObject({
  code: z.literal("temporary-unavailable-queued"),
  title: z.string(),
  ...bothDetails,
  attempt: z.int(),
  attemptsLeft: z.int(),
  nextAttemptAt: timestamp,
  expiresAt: timestamp,
});

function jobReplyWith<Result extends z.ZodMiniType>(result: Result) {
  return z.strictObject({
    type: z.literal("job"),
    id: z.uuidv4(),
    created: timestamp,
    updated: timestamp,
    jobType: z.literal("connection"),
    steps: z.array(
      z.strictObject({ title: z.string(), status: z.enum(STEP_STATUSES), result: z.nullable(result) }),
    ),
    links: z.strictObject({ self: z.url(), source: z.optional(z.url()) }),
  });
}

const wrapped = z.array(z.union([linkResult, mfaResult])).check(z.length(1));

/** A job whose results are objects, as published. */
export const jobReply = jobReplyWith(z.union([linkResult, mfaResult, queuedResult, errorResult]));

/** A job whose links and challenges are in one-element lists, as the published prose describes. */
export const jobReplyInLists = jobReplyWith(z.union([wrapped, queuedResult, errorResult]));

const institutionEntry = z.strictObject({
  type: z.literal("institution"),
  id: z.string(),
  links: z.strictObject({ self: z.url() }),
});

/** A page of jobs, newest first. `size` is the number of jobs on this page. */
export const jobListReply = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  data: z.array(z.strictObject({ ...jobReply.shape, institution: institutionEntry })),
  links: z.strictObject({ self: z.url(), next: z.optional(z.url()) }),
});

export const stubListReply = z.strictObject({ type: z.literal("list"), data: z.array(stubReply) });

export const errorReply = z.strictObject({
  type: z.literal("list"),
  correlationId: z.uuid(),
  data: z
    .array(
      z.strictObject({
        type: z.literal("error"),
        code: z.string(),
        title: z.string(),
        detail: z.optional(z.string()),
        source: z.optional(z.strictObject({ pointer: z.string(), parameter: z.string() })),
      }),
    )
    .check(z.minLength(1)),
});

export type TokenReply = z.infer<typeof tokenReply>;
export type StubReply = z.infer<typeof stubReply>;
export type StepReply =
  | z.infer<typeof jobReply>["steps"][number]
  | z.infer<typeof jobReplyInLists>["steps"][number];
export type JobReply = Omit<z.infer<typeof jobReply>, "steps"> & { steps: StepReply[] };
export type JobListReply = Omit<z.infer<typeof jobListReply>, "data"> & {
  data: (JobReply & { institution: z.infer<typeof institutionEntry> })[];
};
export type StubListReply = z.infer<typeof stubListReply>;
export type ErrorReply = z.infer<typeof errorReply>;
