import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { Workflow } from "../domain/ports.ts";

/** The first execution of a job. A restarted one gets the next number. */
const FIRST_GENERATION = 1;

export function sfnWorkflow(client: SFNClient, stateMachineArn: string): Workflow {
  return {
    async start(jobId) {
      try {
        await client.send(
          new StartExecutionCommand({
            stateMachineArn,
            name: `${jobId}-${FIRST_GENERATION}`,
            input: JSON.stringify({ jobId }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },
  };
}
