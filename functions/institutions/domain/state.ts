import { FAILURES_OF_DOWN } from "../../jobs/domain/outage.ts";
import type { EndedAttempt } from "./attempt.ts";

/** Failures count together only within this time: a bank with a job a day is not down after three bad days. */
const COUNTED_TOGETHER_MS = 24 * 3600_000;

/** A record that is good again may go bad again. Without a login that proves it, it counts after this time without a failure. */
const QUIET_MS = 5 * 60_000;

/** While nothing fails, we note a success or an answer once in this time, so that a job costs no further write. */
const NOTED_FOR_MS = 10 * 60_000;

/** While the bank is down, we note a further failure once in this time: thousands of jobs may meet one outage. */
const FAILURE_NOTED_FOR_MS = 60_000;

/** An attempt that the bank failed. */
interface Failure {
  token: string;
  /** ISO 8601, like all times here. */
  at: string;
}

/** When an institution went down, or up. */
export interface StatusChange {
  status: "up" | "down";
  since: string;
}

/** What we know about an institution. Nothing in it is about a user. */
export interface InstitutionState {
  institutionId: string;
  /** Increases by one with every change. Every write has the version as its condition. 0: nothing is stored. */
  version: number;
  status: StatusChange["status"];
  /** When the status began. Absent before the first outage. */
  since?: string | undefined;
  /** The last attempts that the bank failed, since it last decided on a login. Oldest first, at most {@link FAILURES_OF_DOWN}. */
  failed: Failure[];
  /** When the bank last decided on a login. May be ten minutes too early while nothing fails, like `succeededAt`. */
  answeredAt?: string | undefined;
  succeededAt?: string | undefined;
  /** The last readable record of the aggregator, and since when it says so. */
  record?: { isAvailable: boolean; since: string } | undefined;
  /** The changes of the status whose events may not have been stored yet. Oldest first. */
  unannounced: StatusChange[];
}

export function unknownState(institutionId: string): InstitutionState {
  return { institutionId, version: 0, status: "up", failed: [], unannounced: [] };
}

/** What we have learnt about an institution. */
export interface Sign {
  /** Attempts that have ended. Learning of the same attempt again changes nothing. */
  attempts?: readonly EndedAttempt[];
  /** The aggregator's record, if it could be read. A record that could not be read is no sign. */
  record?: { isAvailable: boolean; at: string };
}

/**
 * Returns the state after a sign; the same object if nothing has changed. The bank is down if its record says so, or after three
 * failures in a row. It is up again when its record does not say that it is down, and it has decided on a login since, or its
 * record has become good again and nothing has failed for five minutes.
 */
export function stateAfter(before: InstitutionState, sign: Sign): InstitutionState {
  const known = withRecord(withAttempts(before, sign.attempts ?? []), sign.record);
  const after = before.status === "up" ? wentDown(known) : wentUp(known, sign.record?.at);
  return after === before ? before : { ...after, version: before.version + 1 };
}

function withAttempts(state: InstitutionState, attempts: readonly EndedAttempt[]): InstitutionState {
  const failures = attempts.filter(({ result }) => result === "institution");
  const answers = attempts.filter(({ result, isAnswered }) => isAnswered && result !== "institution");
  const answeredAt = latest(state.answeredAt, answers);
  const succeededAt = latest(
    state.succeededAt,
    answers.filter(({ result }) => result === "succeeded"),
  );
  // While the bank was down, not every failure was noted: one that comes again must not count against a bank that is up since.
  const upSince = state.status === "up" ? (state.since ?? "") : "";
  const newer = failures.filter(({ at }) => at > upSince);
  const failed = failuresSince(answeredAt, [...state.failed, ...newer]);
  const isSame = isNotedFailure(state, failed);
  const isNoted = isRecent(state.answeredAt, answeredAt) && isRecent(state.succeededAt, succeededAt);
  const mayWait = state.status === "up" && state.failed.length === 0;
  const isWorthNoting = !isSame || !isNoted || (!mayWait && answeredAt !== state.answeredAt);
  return isWorthNoting
    ? { ...state, failed: isSame ? state.failed : failed, answeredAt, succeededAt }
    : state;
}

function isNotedFailure(state: InstitutionState, failed: readonly Failure[]): boolean {
  const tokens = (all: readonly Failure[]) => all.map(({ token }) => token).join();
  const [known, newest] = [state.failed.at(-1)?.at, failed.at(-1)?.at];
  if (tokens(failed) === tokens(state.failed)) return true;
  if (state.status === "up" || known === undefined || newest === undefined) return false;
  return Date.parse(newest) - Date.parse(known) < FAILURE_NOTED_FOR_MS;
}

function latest(known: string | undefined, attempts: readonly EndedAttempt[]): string | undefined {
  return [...(known === undefined ? [] : [known]), ...attempts.map(({ at }) => at)].toSorted().at(-1);
}

function isRecent(noted: string | undefined, now: string | undefined): boolean {
  if (now === undefined) return true;
  return noted !== undefined && Date.parse(now) - Date.parse(noted) < NOTED_FOR_MS;
}

/** Returns the last failures that are not older than the last answer, each once. Their order does not depend on that in which we learn of them. */
function failuresSince(answeredAt: string | undefined, failures: readonly Failure[]): Failure[] {
  const each = new Map(failures.map(({ token, at }) => [token, { token, at }]));
  const inOrder = [...each.values()].toSorted((one, other) =>
    `${one.at}${one.token}` < `${other.at}${other.token}` ? -1 : 1,
  );
  const newest = inOrder.at(-1)?.at ?? "";
  return inOrder
    .filter(({ at }) => answeredAt === undefined || at >= answeredAt)
    .filter(({ at }) => Date.parse(newest) - Date.parse(at) < COUNTED_TOGETHER_MS)
    .slice(-FAILURES_OF_DOWN);
}

function withRecord(state: InstitutionState, read: Sign["record"]): InstitutionState {
  if (read === undefined || read.isAvailable === state.record?.isAvailable) return state;
  return { ...state, record: { isAvailable: read.isAvailable, since: read.at } };
}

function wentDown(state: InstitutionState): InstitutionState {
  const { failed, record } = state;
  const byRecord = record?.isAvailable === false ? record.since : undefined;
  const byFailures = failed.length >= FAILURES_OF_DOWN ? failed.at(-1)?.at : undefined;
  const since = byRecord ?? byFailures;
  return since === undefined ? state : changed(state, { status: "down", since });
}

/** `readAt` is the time of a record that was just read. */
function wentUp(state: InstitutionState, readAt: string | undefined): InstitutionState {
  const { since = "", record, failed, answeredAt } = state;
  if (record?.isAvailable === false) return state;
  const lastTrouble = [since, failed.at(-1)?.at ?? ""].toSorted().at(-1) ?? "";
  if (answeredAt !== undefined && answeredAt > lastTrouble)
    return changed(state, { status: "up", since: answeredAt });
  if (readAt === undefined || record === undefined || record.since <= since) return state;
  const quietSince = [record.since, lastTrouble].toSorted().at(-1) ?? "";
  return Date.parse(readAt) - Date.parse(quietSince) >= QUIET_MS
    ? changed(state, { status: "up", since: readAt })
    : state;
}

function changed(state: InstitutionState, change: StatusChange): InstitutionState {
  const failed = change.status === "up" ? [] : state.failed;
  return { ...state, ...change, failed, unannounced: [...state.unannounced, change] };
}

/** Returns the state after events about some changes were stored. */
export function announced(state: InstitutionState, changes: readonly StatusChange[]): InstitutionState {
  const left = state.unannounced.filter(({ since }) => !changes.some((change) => change.since === since));
  if (left.length === state.unannounced.length) return state;
  return { ...state, version: state.version + 1, unannounced: left };
}
