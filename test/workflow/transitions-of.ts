import type { HistoryEvent } from "../../infra/local/step-functions/execution-history.ts";

/** The states of an execution in the order in which they were entered. */
export function statesOf(history: readonly HistoryEvent[]): string[] {
  return history.flatMap((event) => enteredState(event) ?? []);
}

export function enteredState(event: HistoryEvent): string | undefined {
  return event["stateEnteredEventDetails"]?.["name"];
}

/** What AWS charges for: each state entered, and each retry. */
export function transitionsOf(history: readonly HistoryEvent[]): number {
  const count = (wanted: RegExp) => history.filter(({ type }) => wanted.test(type)).length;
  const retries = count(/^TaskScheduled$/) - count(/^TaskStateEntered$/);
  return count(/StateEntered$/) + retries;
}
