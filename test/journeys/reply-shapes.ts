import * as z from "zod";

const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const absolute = z.string().regex(/^https?:\/\/[^/]+\/.+/);

export const tokenReply = z.strictObject({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.literal(3600),
});

export const stubReply = z.strictObject({
  type: z.literal("job"),
  id: z.uuidv4(),
  links: z.strictObject({ self: absolute }),
});

const linkResult = z.strictObject({ type: z.literal("link"), url: z.string().startsWith("/users/") });

export const mfaResult = z.strictObject({
  type: z.literal("mfa"),
  method: z.enum(["token", "security-questions"]),
  description: z.string().min(1),
  input: z.array(z.string()).min(1),
  expiryMs: z.literal(120_000),
  expiresAt: timestamp,
  links: z.strictObject({ response: absolute }),
});

const failure = z.strictObject({ code: z.string(), title: z.string(), detail: z.string() });

export const queuedResult = z.strictObject({
  ...failure.shape,
  code: z.literal("temporary-unavailable-queued"),
  attempt: z.int(),
  attemptsLeft: z.int(),
  nextAttemptAt: timestamp,
  expiresAt: timestamp,
});

const stepReply = z.strictObject({
  title: z.string(),
  status: z.enum(["pending", "in-progress", "success", "failed", "skipped"]),
  result: z.union([z.null(), linkResult, mfaResult, queuedResult, failure]),
});
export type StepReply = z.infer<typeof stepReply>;

export const jobReply = z.strictObject({
  type: z.literal("job"),
  id: z.uuidv4(),
  created: timestamp,
  updated: timestamp,
  jobType: z.literal("connection"),
  steps: z.array(stepReply),
  links: z.strictObject({ self: absolute, source: absolute.optional() }),
});

export const errorReply = z.strictObject({
  type: z.literal("list"),
  correlationId: z.uuid(),
  data: z
    .array(
      z.strictObject({
        type: z.literal("error"),
        code: z.string(),
        title: z.string(),
        detail: z.string().optional(),
        source: z.strictObject({ pointer: z.string(), parameter: z.string() }).optional(),
      }),
    )
    .min(1),
});
