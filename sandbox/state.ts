import * as z from "zod/mini";
import { wholeNumber, wholeNumberFrom } from "./whole-number.ts";

/** The bank's reply to a login. Decided when the login arrives, so that the login itself is never stored. */
const verdict = z.literal([
  "accepted",
  "credentials-refused",
  "account-locked",
  "user-action-required",
  "bank-service-unavailable",
  "institution-not-available",
  "statement-not-supported",
]);
export type Verdict = z.infer<typeof verdict>;

const challengeKind = z.literal(["sms-code", "first-company", "favourite-company", "app-approval"]);
export type ChallengeKind = z.infer<typeof challengeKind>;

const unasked = z.object({ kind: z.literal(["no-step", "skipped"]) });
const asked = z.object({ kind: z.literal("asked"), challenge: challengeKind });
export type MfaPlan = z.infer<typeof unasked> | z.infer<typeof asked>;

/** Accepts either type without copying the value. A union would copy it, and would add 1.3 kB to a bundle. */
const mfaPlan = z.custom<MfaPlan>((plan) => unasked.safeParse(plan).success || asked.safeParse(plan).success);

const job = z.object({
  id: z.string(),
  userId: z.string(),
  connectionId: z.string(),
  institutionId: z.string(),
  /** The job reads a statement in place of a connection: the sandbox has no connection with its `connectionId`. */
  isStatement: z.optional(z.literal(true)),
  createdAt: z.number(),
  /** `null` while the job is queued because its institution is down. */
  startedAt: z.nullable(z.number()),
  /**
   * Stored per job, so that a restart with another `timeScale` does not change the results that a job has already reported.
   */
  timeScale: z.number().check(z.refine((scale) => scale > 0)),
  verdict,
  mfa: mfaPlan,
  answer: z.nullable(z.object({ at: z.number(), isRight: z.boolean() })),
});
export type Job = z.infer<typeof job>;

const connection = z.object({
  id: z.string(),
  userId: z.string(),
  institutionId: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number(),
  login: z.object({ testUser: z.nullable(z.string()), verdict }),
  /** As published, a deleted connection leaves its accounts and transactions. */
  deletedAt: z.optional(z.number()),
  /** The time of the last purge, or of the last change to another test user: earlier data is deleted. */
  dataSince: z.optional(z.number()),
});
export type Connection = z.infer<typeof connection>;

/** Texts that the published `POST /users` takes. */
export const userFields = z.object({
  email: z.optional(z.string()),
  mobile: z.optional(z.string()),
  firstName: z.optional(z.string()),
  middleName: z.optional(z.string()),
  lastName: z.optional(z.string()),
  businessName: z.optional(z.string()),
  businessIdNo: z.optional(z.string()),
  businessIdNoType: z.optional(z.string()),
});
export type UserFields = z.infer<typeof userFields>;

/** How many transactions a control call can ask for. */
export const transactionCount = wholeNumberFrom(1, 100_000);

const user = z.object({
  id: z.string(),
  fields: userFields,
  /** Each connection of the user has at least this many transactions. Undefined: as many as its test user has. */
  transactions: z.optional(transactionCount),
});
export type User = z.infer<typeof user>;

const reportKind = z.literal(["affordability", "income", "expenses"]);
export type ReportKind = z.infer<typeof reportKind>;

/** What a report was asked for. Its content is computed again at each reading. */
const report = z.object({
  id: z.string(),
  userId: z.string(),
  kind: reportKind,
  /** The ids of the income report and of the expenses report of an affordability report. */
  parts: z.array(z.string()),
  fromMonth: z.string(),
  toMonth: z.string(),
  /** `null`: all accounts. */
  accounts: z.nullable(z.array(z.string())),
  createdAt: z.number(),
});
export type Report = z.infer<typeof report>;

export const institutionStatus = z.literal([
  "operational",
  "degraded-performance",
  "under-maintenance",
  "partial-outage",
  "major-outage",
]);
export const outageMode = z.literal(["refuse", "fail", "queue"]);
const condition = z.object({ status: institutionStatus, outage: outageMode });
export type Condition = z.infer<typeof condition>;

/** Either a delay alone, a reset alone, or a reply with a status, a body or both. */
const faultAction = z
  .strictObject({
    delayMs: z.optional(wholeNumberFrom(0, 600_000)),
    reset: z.optional(z.literal(["before", "after"])),
    status: z.optional(wholeNumberFrom(200, 599)),
    retryAfter: z.optional(z.string().check(z.refine((text) => /^[\x20-\x7e]{1,64}$/.test(text)))),
    body: z.optional(z.string().check(z.refine(({ length }) => length <= 65_536))),
  })
  .check(
    z.refine((action) =>
      action.delayMs === undefined && action.reset === undefined
        ? action.status !== undefined || action.body !== undefined
        : Object.keys(action).length === 1,
    ),
  );
export type FaultAction = z.infer<typeof faultAction>;

export const faultSchema = z.strictObject({
  method: z.string().check(z.refine((method) => /^[A-Z]+$/.test(method))),
  path: z.string().check(z.refine((path) => path.startsWith("/"))),
  times: wholeNumberFrom(1),
  do: faultAction,
});
export type Fault = z.infer<typeof faultSchema>;

const token = z.object({
  /** In milliseconds since the epoch. */
  expiresAt: z.number(),
  scope: z.literal(["SERVER_ACCESS", "CLIENT_ACCESS"]),
  version: z.literal(["2.0", "2.1", "3.0"]),
  /** The user that a client token is bound to. */
  userId: z.nullable(z.string()),
});
export type Token = z.infer<typeof token>;

const ledgerCall = z.object({
  at: z.string(),
  method: z.string(),
  path: z.string(),
  userId: z.nullable(z.string()),
  institutionId: z.nullable(z.string()),
});
export type LedgerCall = z.infer<typeof ledgerCall>;

const consent = z.object({
  id: z.string(),
  userId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  status: z.literal(["active", "expired", "revoked"]),
  /** Undefined: it was never extended. */
  extendedAt: z.optional(z.number()),
  /** The version of the application's policy that the user has agreed to. Undefined: the first. */
  policy: z.optional(z.number()),
});
export type Consent = z.infer<typeof consent>;

/** What an application sets for the Consent UI in the publisher's dashboard. */
const consentUi = z.object({
  /** Where the browser goes back to. Undefined: the address with which the sandbox was started. */
  returnUrl: z.optional(z.string()),
  /** The version of the application's consent policy. */
  policy: wholeNumberFrom(1),
});
export type ConsentUi = z.infer<typeof consentUi>;

const event = z.object({
  id: z.string(),
  typeId: z.string(),
  userId: z.string(),
  /** Where the entity of the event is, relative to the sandbox's URL. */
  path: z.string(),
  at: z.number(),
});
export type Event = z.infer<typeof event>;

const webhook = z.object({
  id: z.string(),
  name: z.optional(z.string()),
  description: z.optional(z.string()),
  url: z.string(),
  subscribedEvents: z.array(z.string()),
  secret: z.string(),
  createdAt: z.number(),
});
export type Webhook = z.infer<typeof webhook>;

const flag = z.optional(z.literal(true));

/** What is wrong with the next messages of webhooks. */
export const lieSchema = z.strictObject({
  times: wholeNumberFrom(1),
  /** Each is sent twice. */
  twice: flag,
  /** Each is sent this much later. */
  lateMs: z.optional(wholeNumberFrom(0, 600_000)),
  /** Another secret signs. */
  forged: flag,
  /** The timestamp is of 10 minutes ago. */
  old: flag,
  /** None is sent. */
  lost: flag,
  /** All wait for the last, and are then sent in the opposite order. */
  reversed: flag,
});
export type Lie = z.infer<typeof lieSchema>;

const message = z.object({
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  typeId: z.string(),
  path: z.string(),
  text: z.optional(z.string()),
  createdAt: z.number(),
  /** `null`: it was delivered, has failed for good, or is not to be sent. */
  dueAt: z.nullable(z.number()),
  copies: z.number(),
  isForged: z.boolean(),
  isOld: z.boolean(),
  isHeld: z.boolean(),
  attempts: z.array(
    z.object({
      id: z.string(),
      at: z.number(),
      url: z.string(),
      /** `null`: no reply came. */
      status: z.nullable(z.number()),
      response: z.string(),
      isSuccess: z.boolean(),
    }),
  ),
});
export type Message = z.infer<typeof message>;

/** Accepts a pair of key and value without copying it. A tuple would copy it, and would add 1.9 kB to a bundle. */
function entryOf<Value>(value: z.ZodMiniType<Value>) {
  return z.custom<[string, Value]>(
    (entry) =>
      Array.isArray(entry) &&
      entry.length === 2 &&
      typeof entry[0] === "string" &&
      value.safeParse(entry[1]).success,
  );
}

export const storedState = z.object({
  // Data of an earlier version has no users and no reports. There, a user with a connection exists.
  users: z._default(z.array(user), []),
  reports: z._default(z.array(report), []),
  jobs: z.array(job),
  connections: z.array(connection),
  conditions: z.array(entryOf(condition)),
  askCounts: z.array(entryOf(wholeNumber)),
  // Data of an earlier version has no such tokens. Its clients get new ones.
  tokens: z._default(z.array(entryOf(token)), []),
  faults: z.array(faultSchema),
  ledger: z.array(ledgerCall),
  // Data of an earlier version has none of these, and the rows of the deployed sandbox have no events, webhooks and messages.
  consents: z._default(z.array(consent), []),
  consentUi: z._default(consentUi, { policy: 1 }),
  events: z._default(z.array(event), []),
  webhooks: z._default(z.array(webhook), []),
  messages: z._default(z.array(message), []),
  lies: z._default(z.array(lieSchema), []),
});
export type StoredState = z.infer<typeof storedState>;

export type State = {
  readonly users: ReadonlyMap<string, User>;
  readonly reports: ReadonlyMap<string, Report>;
  /** By job id, oldest first. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly connections: ReadonlyMap<string, Connection>;
  /** By institution id. Set with the control API; an institution without an entry is operational. */
  readonly conditions: ReadonlyMap<string, Condition>;
  /**
   * By user and login (`userId/testUser`), how often an institution that asks for MFA every second time has received the
   * login.
   */
  readonly askCounts: ReadonlyMap<string, number>;
  /** By the SHA-256 of the token. */
  readonly tokens: ReadonlyMap<string, Token>;
  readonly faults: readonly Fault[];
  readonly ledger: readonly LedgerCall[];
  /** By id, oldest first, like the events, webhooks and messages. */
  readonly consents: ReadonlyMap<string, Consent>;
  readonly consentUi: ConsentUi;
  readonly events: ReadonlyMap<string, Event>;
  readonly webhooks: ReadonlyMap<string, Webhook>;
  readonly messages: ReadonlyMap<string, Message>;
  readonly lies: readonly Lie[];
};
