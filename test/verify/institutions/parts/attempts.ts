import type { EndedAttempt } from "../../../../functions/institutions/domain/attempt.ts";
import { START } from "../../../support/fake-clock.ts";

export const BANK = "AU00000";

export const timeAt = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();

let attempts = 0;

/** An attempt that ended so many seconds after the start of the tests' clock. */
export function attemptAt(
  seconds: number,
  result: EndedAttempt["result"],
  changes: Partial<EndedAttempt> = {},
) {
  attempts += 1;
  const token = `t${String(attempts).padStart(5, "0")}`;
  const isAnswered = result === "succeeded";
  return { institutionId: BANK, token, at: timeAt(seconds), result, isAnswered, stepMs: {}, ...changes };
}
