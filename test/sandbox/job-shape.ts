import * as z from "zod";

export const url = z.string().regex(/^http:\/\/127\.0\.0\.1:\d+\/[^/]/);
const relativeUrl = z.string().regex(/^\/users\//);
export const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
export const uuid = z.uuidv4();

const link = z.strictObject({ type: z.literal("link"), url: relativeUrl });
const stepError = z.strictObject({ code: z.string(), title: z.string().min(1), detail: z.string().min(1) });
const challenge = z.strictObject({
  type: z.literal("mfa"),
  method: z.enum(["token", "security-questions"]),
  description: z.string().min(1),
  input: z.array(z.string()).min(1),
  expiryMs: z.literal(120_000),
  links: z.strictObject({ response: url }),
});

const retrieval = <const Title extends string>(title: Title) =>
  z.discriminatedUnion("status", [
    z.strictObject({ title: z.literal(title), status: z.enum(["pending", "in-progress"]), result: z.null() }),
    z.strictObject({ title: z.literal(title), status: z.literal("success"), result: link }),
  ]);

const verifyTitle = z.literal("verify-credentials");
const verify = z.discriminatedUnion("status", [
  z.strictObject({ title: verifyTitle, status: z.literal("pending"), result: stepError }),
  z.strictObject({ title: verifyTitle, status: z.literal("in-progress"), result: z.null() }),
  z.strictObject({ title: verifyTitle, status: z.literal("success"), result: link }),
  z.strictObject({ title: verifyTitle, status: z.literal("failed"), result: stepError }),
]);

const mfaTitle = z.literal("mfa-challenge");
const mfa = z.discriminatedUnion("status", [
  z.strictObject({ title: mfaTitle, status: z.enum(["pending", "success", "skipped"]), result: z.null() }),
  z.strictObject({ title: mfaTitle, status: z.literal("in-progress"), result: challenge.nullable() }),
  z.strictObject({ title: mfaTitle, status: z.literal("failed"), result: stepError }),
]);

const accounts = retrieval("retrieve-accounts");
const transactions = retrieval("retrieve-transactions");

export const jobShape = z.strictObject({
  type: z.literal("job"),
  id: uuid,
  created: instant,
  updated: instant,
  jobType: z.literal("connection"),
  steps: z.union([z.tuple([verify, accounts, transactions]), z.tuple([verify, mfa, accounts, transactions])]),
  links: z.strictObject({ self: url, source: url.optional() }),
});
export type JobReply = z.infer<typeof jobShape>;
