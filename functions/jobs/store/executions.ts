import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { Job } from "../domain/job.ts";
import type { Executions } from "../domain/ports.ts";
import { executionName, sfnWorkflow } from "./sfn-workflow.ts";

export function sfnExecutions(client: SFNClient, stateMachineArn: string): Executions {
  const arnOf = (job: Pick<Job, "id" | "generation">) =>
    `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${executionName(job)}`;

  return {
    ...sfnWorkflow(client, stateMachineArn),

    async state(job) {
      try {
        const found = await client.send(new DescribeExecutionCommand({ executionArn: arnOf(job) }));
        // One that an operator has to redrive is not over yet, but nothing drives it.
        return found.status === "RUNNING" ? "running" : "ended";
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return "missing";
        throw error;
      }
    },

    async stop(job) {
      try {
        await client.send(new StopExecutionCommand({ executionArn: arnOf(job) }));
      } catch (error) {
        if (!(error instanceof ExecutionDoesNotExist)) throw error;
      }
    },
  };
}
