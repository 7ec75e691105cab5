import { setTimeout as sleep } from "node:timers/promises";
import { DescribeExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import type { Run } from "../walks/definition.ts";
import { statesOf } from "../walks/definition.ts";
import { executionArn } from "./aws-recorder.ts";

/** Far more looks than any execution needs: one that is stuck fails its test, whatever the machine's speed. */
const MAX_LOOKS = 5_000;
const POLL_EVERY_MS = 10;

/** An execution of a job, the first one if nothing else is said. To look at it costs nothing, unlike a look over HTTP. */
export function executionOf({ deployed, stepFunctions }: LocalSystem, jobId: string, generation = 1) {
  const [machine] = deployed.stateMachines;
  const arn = executionArn(machine?.arn, executionName({ id: jobId, generation }));

  async function until<Found>(look: (history: Run["history"]) => Found | undefined): Promise<Found> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const found = look(stepFunctions.history(arn));
      if (found !== undefined) return found;
      await sleep(POLL_EVERY_MS);
    }
    throw new Error(`Not to be waited for: ${statesOf(stepFunctions.history(arn)).join(", ")}`);
  }

  return {
    arn,
    /** As Step Functions says it. */
    status: async () =>
      (await new SFNClient().send(new DescribeExecutionCommand({ executionArn: arn }))).status,
    exists: () => {
      try {
        return stepFunctions.history(arn).length > 0;
      } catch {
        return false;
      }
    },
    /** How it ended: a moment later than the job. */
    ended: () =>
      until((history): Run | undefined => {
        const end = history.findLast(({ type }) => /^Execution(?!Started)/.test(type));
        if (end === undefined) return undefined;
        const error = end["executionFailedEventDetails"]?.["error"];
        return { status: end.type.replace("Execution", ""), error, history };
      }),
    entered: (state: string) => until((history) => statesOf(history).includes(state) || undefined),
  };
}
