import type { EndedAttempt } from "./attempt.ts";
import type { InstitutionState } from "./state.ts";
import type { Tally } from "./traffic.ts";

/*
 * The ports through which the health of institutions reaches its tables. `test/verify/institutions/parts/stores.test.ts` has a
 * suite for each.
 */

/** The counts of attempts, by institution and minute. */
export interface Traffic {
  /** Counts attempts that ended in one minute at one institution. Counting an attempt again changes nothing. */
  count(institutionId: string, minute: string, attempts: readonly EndedAttempt[]): Promise<void>;
  /** Returns the counts of those of the minutes that have any. May miss what was counted within the last second. */
  read(institutionId: string, minutes: readonly string[]): Promise<Map<string, Tally>>;
}

export interface InstitutionStates {
  find(institutionId: string): Promise<InstitutionState>;
  /** Returns false if another version than `before` is stored. */
  write(after: InstitutionState, before: InstitutionState): Promise<boolean>;
}

/** The jobs in the queue that wait for a bank. */
export interface WaitingJobs {
  /** Counts at most some thousands. `isAtLeast`: there may be more. */
  count(institutionId: string): Promise<{ count: number; isAtLeast: boolean }>;
}
