import type { EndedAttempt } from "../domain/attempt.ts";
import type { Traffic } from "../domain/ports.ts";
import { minuteOf } from "../domain/traffic.ts";
import { type ObserveDeps, observeInstitution } from "./observe-institution.ts";

export interface CountDeps extends ObserveDeps {
  traffic: Pick<Traffic, "count">;
  onCounted(institutionId: string, attempts: readonly EndedAttempt[]): void;
  onNotCounted(error: unknown): void;
}

/**
 * Counts attempts that have ended, in one write for each institution and minute, and observes what they say. Attempts that come
 * again change nothing. Never throws: the events of jobs must not wait for counts, which are only statistics.
 */
export async function countAttempts(deps: CountDeps, attempts: readonly EndedAttempt[]): Promise<void> {
  const byInstitution = Map.groupBy(attempts, ({ institutionId }) => institutionId);
  await Promise.all(
    [...byInstitution].map(async ([institutionId, own]) => {
      try {
        for (const [minute, those] of Map.groupBy(own, ({ at }) => minuteOf(at))) {
          await deps.traffic.count(institutionId, minute, those);
        }
        await observeInstitution(deps, institutionId, { attempts: own });
        deps.onCounted(institutionId, own);
      } catch (error) {
        deps.onNotCounted(error);
      }
    }),
  );
}
