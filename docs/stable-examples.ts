import { derivedId } from "../functions/jobs/domain/idempotency.ts";
import type { Examples } from "../functions/openapi/responses.ts";

/** The address of a local mode that `npm start` starts. */
const LOCAL_URL = "http://127.0.0.1:3000";
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const EVENT_ID = /\b[0-9a-f]{64}\b/g;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
/** The header of a token. What follows it differs from token to token. */
const TOKEN = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.…";

/** The beginning of the secret of a webhook. */
const SECRET = "whsec_…";

/** How many updates of a job come before a challenge differs from run to run. */
const SEQUENCE = 4;

/** Of steps that take two seconds. */
const MEDIAN_MS = 2378;

const CREATED = "2026-01-05T09:00:00Z";
const TIMES: { readonly [field: string]: string } = {
  created: CREATED,
  updated: "2026-01-05T09:00:08Z",
  nextAttemptAt: "2026-01-05T11:00:08Z",
};
const END_OF_QUEUE = "2026-01-12T09:00:02Z";
const END_OF_CHALLENGE = "2026-01-05T09:02:02Z";

/** The replies with accounts and transactions of the sandbox, which change from day to day. */
const VARIES = /^(getConnection|listAccounts|getAccount|listTransactions|getTransaction) /;

/** Returns the examples that are the same in every run. */
export function lastingExamples({ replies, ...rest }: Examples): Examples {
  return {
    ...rest,
    replies: Object.fromEntries(Object.entries(replies).filter(([reply]) => !VARIES.test(reply))),
  };
}

/** Replaces what differs from run to run: the address, ids, times and tokens. Replies with data come last, so that their ids do too. */
export function stableExamples(examples: Examples, apiUrl: string): Examples {
  const ids = new Map<string, string>();
  const stableId = (id: string) => {
    const known = ids.get(id) ?? derivedId("example", String(ids.size));
    ids.set(id, known);
    return known;
  };
  const { replies, ...rest } = examples;
  const stableEventId = (id: string) => stableId(id).replaceAll("-", "").repeat(2);
  const varying = Object.entries(replies).filter(([reply]) => VARIES.test(reply));
  const lasting = {
    ...rest,
    replies: { ...lastingExamples(examples).replies, ...Object.fromEntries(varying) },
  };
  const text = JSON.stringify(lasting)
    .replaceAll(apiUrl, LOCAL_URL)
    .replaceAll(UUID, stableId)
    .replaceAll(EVENT_ID, stableEventId);
  return JSON.parse(text, function (this: object, field: string, value: unknown) {
    if (field === "access_token") return TOKEN;
    if (field === "secret") return SECRET;
    if (field === "sequence") return SEQUENCE;
    if (field === "medianMs") return MEDIAN_MS;
    if (field === "count" && "medianMs" in this) return 1;
    if (typeof value !== "string" || !INSTANT.test(value)) return value;
    if (field === "expiresAt") return "attempt" in this ? END_OF_QUEUE : END_OF_CHALLENGE;
    return TIMES[field] ?? CREATED;
  });
}
