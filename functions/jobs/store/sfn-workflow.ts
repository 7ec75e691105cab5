import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { generationOf, type Job } from "../domain/job.ts";
import type { Workflow } from "../domain/ports.ts";

/** Executions are known by their job and its generation: an execution can only be started once. */
export function executionName(job: Pick<Job, "id" | "generation">): string {
  return `${job.id}-${generationOf(job)}`;
}

export function sfnWorkflow(client: SFNClient, stateMachineArn: string): Workflow {
  return {
    async start(job) {
      try {
        await client.send(
          new StartExecutionCommand({
            stateMachineArn,
            name: executionName(job),
            input: JSON.stringify({ jobId: job.id }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },
  };
}
