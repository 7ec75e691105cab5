import * as z from "zod";

/** What the bank says to a login. Decided when the login arrives, so that the login itself is never kept. */
const verdict = z.enum([
  "accepted",
  "credentials-refused",
  "account-locked",
  "user-action-required",
  "bank-service-unavailable",
  "institution-not-available",
]);
export type Verdict = z.infer<typeof verdict>;

const challengeKind = z.enum(["sms-code", "first-company", "favourite-company", "app-approval"]);
export type ChallengeKind = z.infer<typeof challengeKind>;

const mfaPlan = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("no-step") }),
  z.object({ kind: z.literal("skipped") }),
  z.object({ kind: z.literal("asked"), challenge: challengeKind }),
]);
export type MfaPlan = z.infer<typeof mfaPlan>;

const job = z.object({
  id: z.string(),
  userId: z.string(),
  connectionId: z.string(),
  institutionId: z.string(),
  createdAt: z.number(),
  /** `null` while queued for an institution that is down. */
  startedAt: z.number().nullable(),
  /** Kept per job, so that a restart at another pace does not rewrite what a job already showed. */
  timeScale: z.number().positive(),
  verdict,
  mfa: mfaPlan,
  answer: z.object({ at: z.number(), isRight: z.boolean() }).nullable(),
});
export type Job = z.infer<typeof job>;

const connection = z.object({
  id: z.string(),
  userId: z.string(),
  institutionId: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number(),
  login: z.object({ testUser: z.string().nullable(), verdict }),
});
export type Connection = z.infer<typeof connection>;

export const institutionStatus = z.enum([
  "operational",
  "degraded-performance",
  "under-maintenance",
  "partial-outage",
  "major-outage",
]);
export const outageMode = z.enum(["refuse", "fail", "queue"]);
const condition = z.object({ status: institutionStatus, outage: outageMode });
export type Condition = z.infer<typeof condition>;

const faultAction = z.union([
  z.strictObject({ delayMs: z.int().min(0).max(600_000) }),
  z.strictObject({ reset: z.enum(["before", "after"]) }),
  z
    .strictObject({
      status: z.int().min(200).max(599).optional(),
      retryAfter: z
        .string()
        .regex(/^[\x20-\x7e]{1,64}$/)
        .optional(),
      body: z.string().max(65_536).optional(),
    })
    .refine((reply) => reply.status !== undefined || reply.body !== undefined),
]);
export type FaultAction = z.infer<typeof faultAction>;

export const faultSchema = z.strictObject({
  method: z.string().regex(/^[A-Z]+$/),
  path: z.string().startsWith("/"),
  times: z.int().min(1),
  do: faultAction,
});
export type Fault = z.infer<typeof faultSchema>;

const ledgerCall = z.object({
  at: z.string(),
  method: z.string(),
  path: z.string(),
  userId: z.string().nullable(),
  institutionId: z.string().nullable(),
});
export type LedgerCall = z.infer<typeof ledgerCall>;

/** The state as it is kept outside of the program. */
export const keptState = z.object({
  jobs: z.array(job),
  connections: z.array(connection),
  conditions: z.array(z.tuple([z.string(), condition])),
  askCounts: z.array(z.tuple([z.string(), z.int()])),
  tokenExpiries: z.array(z.tuple([z.string(), z.number()])),
  faults: z.array(faultSchema),
  ledger: z.array(ledgerCall),
});
export type KeptState = z.infer<typeof keptState>;

export type State = {
  /** By id, oldest first. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly connections: ReadonlyMap<string, Connection>;
  /** Set by the control side; an institution that is not here is operational. */
  readonly conditions: ReadonlyMap<string, Condition>;
  /** How often an institution that asks every second time has seen a login. */
  readonly askCounts: ReadonlyMap<string, number>;
  /** By the SHA-256 of the token. */
  readonly tokenExpiries: ReadonlyMap<string, number>;
  readonly faults: readonly Fault[];
  readonly ledger: readonly LedgerCall[];
};
