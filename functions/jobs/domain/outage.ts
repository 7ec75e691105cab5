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

/** So many logins try a bank that is back, before one of them has shown that the bank takes logins. */
const TRIAL_LOGINS = 20;

/** The bank decides on the logins of a trial within this time, or a new trial begins. */
const TRIAL_MS = 10 * MINUTE;

/** A run wakes the jobs of a bank for this long. It ends before the next run begins, a minute later. */
const WAKING_MS = 50_000;
/** The work of a run takes real time, also if the clock is scaled. */
const LEAST_WAKING_MS = 2_000;

export function endOfWaking({ now, after }: Pick<Clock, "now" | "after">): Date {
  return new Date(Math.max(after(WAKING_MS).getTime(), now().getTime() + LEAST_WAKING_MS));
}

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
  /** Whether the bank that is back takes logins. Absent while it is down. */
  trial?: Trial | undefined;
  /** Until when a run wakes the jobs of the bank, so that no other run does. ISO 8601. */
  wakingUntil?: string | undefined;
}

export interface Trial {
  /** When it began. ISO 8601. */
  since: string;
  /** The bank has decided on a login since it is back. */
  isPassed: boolean;
}

/** Returns whether the bank counts as down although its record is good. */
export function countsAsDown(outage: Pick<Outage, "failed">): boolean {
  return outage.failed.length >= FAILURES_OF_DOWN;
}

type Change = (outage: Outage) => Outage | undefined;

/** Notes that a job waits for the bank, which is down again if it was back. Returns `undefined` if that was noted a moment ago. */
export function noteAwaited(clock: Clock): Change {
  return (outage) => {
    const { awaitedAt, trial } = outage;
    const isFresh = awaitedAt !== undefined && ago(awaitedAt, clock) < NOTED_FOR_MS;
    if (isFresh && trial === undefined) return undefined;
    return { ...outage, awaitedAt: isFresh ? awaitedAt : clock.now().toISOString(), trial: undefined };
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

/** Notes that the bank has decided on a login. If it counted as down or is on trial, it takes logins from now on. */
export function noteDecided(clock: Clock): Change {
  return (outage) => {
    const { failed, trial } = outage;
    const wasDown = countsAsDown(outage);
    const passes = wasDown || trial?.isPassed === false;
    if (failed.length === 0 && !passes) return undefined;
    const since = trial?.since ?? clock.now().toISOString();
    return {
      ...outage,
      failed: [],
      probeAt: undefined,
      trial: passes ? { since, isPassed: true } : trial,
    };
  };
}

/** Notes that the bank's record says that the bank is down, or that it cannot be read. */
export function noteDown(outage: Outage): Outage | undefined {
  return outage.trial === undefined ? undefined : { ...outage, trial: undefined };
}

/**
 * Notes that a run wakes the jobs of a bank that is back until `end`, and begins a trial unless there is one. Returns `undefined` if another
 * run does that.
 */
export function noteWaking(end: Date, clock: Clock): Change {
  return (outage) => {
    const { wakingUntil, trial } = outage;
    if (wakingUntil !== undefined && clock.msUntil(new Date(wakingUntil)) > 0) return undefined;
    return {
      ...outage,
      wakingUntil: end.toISOString(),
      trial:
        trial !== undefined && !isOver(trial, clock)
          ? trial
          : { since: clock.now().toISOString(), isPassed: false },
    };
  };
}

function isOver({ since, isPassed }: Trial, { now, span }: Clock): boolean {
  return !isPassed && now().getTime() - Date.parse(since) >= span(TRIAL_MS);
}

/**
 * Returns how many further logins may go to a bank whose jobs a run wakes. `sent`: those that the run has sent; `undefined` if another
 * run began the trial, and so sent its logins.
 */
export function loginsLeft({ trial }: Pick<Outage, "trial">, sent: number | undefined): number {
  if (trial === undefined) return 0;
  if (trial.isPassed) return Number.POSITIVE_INFINITY;
  return sent === undefined ? 0 : Math.max(0, TRIAL_LOGINS - sent);
}

const MOST_LOGINS_PER_SECOND = 30;
const LEAST_LOGINS_PER_SECOND = 0.1;
/** Functions that are left for requests, events and the sweeper. */
const LEFT_FREE = 10;
/** A plain job holds a function for about nine seconds (`docs/reference/bench.md`). */
const SECONDS_OF_A_JOB = 9;

/** An account without more functions than a new one has. */
export const DEFAULT_CONCURRENCY = 10;

/** Returns how many jobs a second begin when their banks are back, so that an account with so many functions has some left. */
export function loginsPerSecond(concurrency: number): number {
  const fitting = (concurrency - LEFT_FREE) / SECONDS_OF_A_JOB;
  return Math.max(LEAST_LOGINS_PER_SECOND, Math.min(MOST_LOGINS_PER_SECOND, fitting));
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

/** Returns whether one of the jobs that wait for a bank that counts as down has to try whether logins succeed. */
export function mayProbe({ probeAt }: Outage, { msUntil }: Clock): boolean {
  return probeAt !== undefined && msUntil(new Date(probeAt)) <= 0;
}
