import { setTimeout as sleep } from "node:timers/promises";
import type { LocalSystem } from "../../infra/local/start-local.ts";
import type { Run } from "../workflow/deployed-workflow.ts";

/** Far more looks than any execution needs: one that is stuck fails its test, whatever the machine's speed. */
const MAX_LOOKS = 2_000;
const LOOK_EVERY_MS = 10;

export function historyOf({ deployed, stepFunctions }: LocalSystem, jobId: string): Run["history"] {
  const [machine] = deployed.stateMachines;
  const executions = machine?.arn.replace(":stateMachine:", ":execution:");
  return stepFunctions.history(`${executions}:${jobId}-1`);
}

/** The first execution of a job, when it has ended: a moment later than the job. */
export async function endedExecution(system: LocalSystem, jobId: string): Promise<Run> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const history = historyOf(system, jobId);
    const end = history.findLast(({ type }) => /^Execution(?!Started)/.test(type));
    if (end !== undefined) {
      const status = end.type.replace("Execution", "");
      return { status, error: end["executionFailedEventDetails"]?.["error"], history };
    }
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`The execution of ${jobId} does not end.`);
}
