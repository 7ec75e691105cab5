import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Run } from "../walks/definition.ts";

const END = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;

/**
 * An execution as the tests of the local engine read it. A Task that names a function as its resource has events of its own
 * in AWS and in moto, which are read as those of any Task.
 */
export function runOf(events: readonly HistoryEvent[]): Run {
  const history = events.map(({ id = 0, previousEventId = 0, type = "ExecutionStarted", ...event }) => {
    const { timestamp, stateEnteredEventDetails: entered } = event;
    const failed = event.taskFailedEventDetails ?? event.lambdaFunctionFailedEventDetails;
    const timedOut = event.taskTimedOutEventDetails ?? event.lambdaFunctionTimedOutEventDetails;
    return {
      id,
      previousEventId,
      type: type.replace(/^LambdaFunction/, "Task"),
      timestamp: (timestamp?.getTime() ?? 0) / 1000,
      ...(entered && {
        stateEnteredEventDetails: { name: entered.name ?? "", input: entered.input ?? "{}" },
      }),
      ...(failed && { taskFailedEventDetails: { error: failed.error ?? "" } }),
      ...(timedOut && { taskTimedOutEventDetails: { error: timedOut.error ?? "" } }),
    };
  });
  const last = events.findLast(({ type = "" }) => END.test(type));
  const status = last?.type?.replace("Execution", "") ?? "";
  return { status, error: last?.executionFailedEventDetails?.error, history };
}
