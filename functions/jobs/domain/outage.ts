import type { Clock } from "./clock.ts";
import type { Job } from "./job.ts";
import { RETRY_EVERY_SECONDS } from "./queue.ts";

const MINUTE = 60_000;

/** After this many attempts in a row that the bank failed, it counts as down, whatever its record says. */
export const FAILURES_OF_DOWN = 3;

/**
 * A job begins to wait for its bank at most this long after the bank was noted as awaited: a function writes both, and lives for
 * three minutes at most. The index of waiting jobs is a second late. No clock scales these times, like the lives of functions.
 */
const SURELY_WRITTEN_MS = 5 * MINUTE;

/** Many jobs may meet one outage. We note once in this time that the bank is awaited. */
const NOTED_FOR_MS = MINUTE;

/** Returns how many real milliseconds ago something was noted. */
function ago(noted: string, clock: Clock): number {
  return clock.now().getTime() - Date.parse(noted);
}

/** What our jobs have met at a bank that has, or had, an outage. */
export interface Outage {
  institutionId: string;
  /** The last attempts, in a row, that met an outage although the bank's record is good: at most 3, none of them twice. */
  failed: string[];
  /** When a job tries again whether logins succeed. Present while the bank counts as down because of its attempts. ISO 8601. */
  probeAt?: string | undefined;
  /** The place of the job that tried last, among those that wait for the bank. */
  probed?: string | undefined;
  /** When a job began to wait for the bank. Absent if none waits. ISO 8601. */
  awaitedAt?: string | undefined;
}

/** Returns whether the bank counts as down although its record is good. */
export function countsAsDown(outage: Pick<Outage, "failed">): boolean {
  return outage.failed.length >= FAILURES_OF_DOWN;
}

type Change = (outage: Outage) => Outage | undefined;

/** Notes that a job waits for the bank. Returns `undefined` if that was noted a moment ago. */
export function noteAwaited(clock: Clock): Change {
  return (outage) => {
    const { awaitedAt } = outage;
    const isFresh = awaitedAt !== undefined && ago(awaitedAt, clock) < NOTED_FOR_MS;
    return isFresh ? undefined : { ...outage, awaitedAt: clock.now().toISOString() };
  };
}

/**
 * Notes an attempt that met an outage although the bank's record is good, once for each attempt. If the bank counts as down now,
 * the job will wait for it.
 */
export function noteFailed({ id, attempt }: Pick<Job, "id" | "attempt">, clock: Clock): Change {
  return (outage) => {
    const name = `${id} ${attempt}`;
    const isNew = !countsAsDown(outage) && !outage.failed.includes(name);
    const failed = isNew ? [...outage.failed, name] : outage.failed;
    if (!countsAsDown({ failed })) return isNew ? { ...outage, failed } : undefined;
    const noted = isNew ? { ...outage, failed, probeAt: nextProbe(clock) } : outage;
    return noteAwaited(clock)(noted) ?? (isNew ? noted : undefined);
  };
}

/** Notes that the bank has decided on a login. */
export function noteDecided(outage: Outage): Outage | undefined {
  return outage.failed.length === 0 ? undefined : { ...outage, failed: [], probeAt: undefined };
}

/** Notes that the job at `place` tries whether logins succeed. */
export function noteProbe(place: string, clock: Clock): Change {
  return (outage) =>
    mayProbe(outage, clock) ? { ...outage, probed: place, probeAt: nextProbe(clock) } : undefined;
}

/** Notes that no job waits for the bank, unless one may have begun to wait that the index does not show yet. */
export function noteUnawaited(clock: Clock): Change {
  return (outage) => {
    const { awaitedAt } = outage;
    const isSure = awaitedAt !== undefined && ago(awaitedAt, clock) >= SURELY_WRITTEN_MS;
    return isSure ? { ...outage, awaitedAt: undefined } : undefined;
  };
}

function nextProbe(clock: Clock): string {
  return clock.after(RETRY_EVERY_SECONDS * 1000).toISOString();
}

function mayProbe({ probeAt }: Outage, { msUntil }: Clock): boolean {
  return probeAt !== undefined && msUntil(new Date(probeAt)) <= 0;
}

/**
 * Which of the jobs that wait for a bank are due: all of them, one that tries for all whether logins succeed, or only those whose
 * time in the queue ends.
 */
export type Due = "all" | "one" | "ending";

export function dueAtBank(outage: Outage, recordIsGood: boolean, clock: Clock): Due {
  if (!recordIsGood) return "ending";
  if (!countsAsDown(outage)) return "all";
  return mayProbe(outage, clock) ? "one" : "ending";
}
