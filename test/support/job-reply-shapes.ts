import * as z from "zod";

const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const link = z.strictObject({ type: z.literal("link"), url: z.string().startsWith("/users/") });
const error = z.strictObject({ code: z.string(), title: z.string(), detail: z.string() });
const queued = error.extend({
  attempt: z.int(),
  attemptsLeft: z.int(),
  nextAttemptAt: timestamp,
  expiresAt: timestamp,
});
const mfa = z.strictObject({
  type: z.literal("mfa"),
  method: z.enum(["token", "security-questions"]),
  description: z.string(),
  input: z.array(z.string()).min(1),
  expiryMs: z.int(),
  expiresAt: timestamp,
  links: z.strictObject({ response: z.url() }),
});
const status = z.enum(["pending", "in-progress", "success", "failed", "skipped"]);
const jobWith = <Result extends z.ZodType>(result: Result) =>
  z.strictObject({
    type: z.literal("job"),
    id: z.uuidv4(),
    created: timestamp,
    updated: timestamp,
    jobType: z.literal("connection"),
    steps: z.array(z.strictObject({ title: z.string(), status, result: result.nullable() })),
    links: z.strictObject({ self: z.url(), source: z.url().optional() }),
  });
/** With results as objects, which is what is published. */
export const objectJob = jobWith(z.union([link, mfa, queued, error]));
/** With links and challenges in lists, as the prose has it. */
export const listJob = jobWith(z.union([z.array(z.union([link, mfa])).length(1), queued, error]));
