import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
  ValidationException,
} from "@aws-sdk/client-sfn";
import { generationOf, type Job } from "../domain/job.ts";
import type { Executions, Waker } from "../domain/ports.ts";

/** Returns the name of an execution: the job and its generation. Step Functions starts each name only once. */
export function executionName(job: Pick<Job, "id" | "generation">): string {
  return `${job.id}-${generationOf(job)}`;
}

export function sfnExecutions(client: SFNClient, stateMachineArn: string): Executions {
  const arnOf = (job: Pick<Job, "id" | "generation">) =>
    `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${executionName(job)}`;

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

    async state(job) {
      try {
        const found = await client.send(new DescribeExecutionCommand({ executionArn: arnOf(job) }));
        // An execution that an operator has to redrive is not over, but it does not drive the job.
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
        // Emulators refuse to stop an execution that has ended. The documents of AWS do not say what AWS does.
        const isOver = error instanceof ExecutionDoesNotExist || error instanceof ValidationException;
        if (!isOver) throw error;
      }
    },
  };
}

export function sfnWaker(client: SFNClient): Waker {
  return {
    async wake(taskToken, challengeNumber) {
      const output = JSON.stringify({ challengeNumber });
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken: taskToken.reveal(), output }));
      } catch (error) {
        const isOver =
          error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
        if (!isOver) throw error;
      }
    },
  };
}
