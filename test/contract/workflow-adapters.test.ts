import { SFNClient } from "@aws-sdk/client-sfn";
import { describe, expect, onTestFinished, test } from "vitest";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { sfnExecutions, sfnWaker } from "../../functions/jobs/store/executions.ts";
import { AwsError, startAwsJsonEndpoint } from "../../infra/local/aws/aws-json-endpoint.ts";
import { JOB_ID } from "../support/job-examples.ts";

/** Step Functions, as far as the adapters see it: it keeps what it was asked, and fails as it is told. */
async function stepFunctions(failure?: string) {
  const asked: unknown[] = [];
  const operation = (reply: object) => async (input: unknown) => {
    asked.push(input);
    if (failure !== undefined) throw new AwsError(failure, "no");
    return reply;
  };
  const endpoint = await startAwsJsonEndpoint({
    targetPrefix: "AWSStepFunctions",
    operations: {
      StartExecution: operation({ executionArn: "arn", startDate: 1 }),
      SendTaskSuccess: operation({}),
      DescribeExecution: operation({}),
      StopExecution: operation({}),
    },
  });
  const client = new SFNClient({
    endpoint: endpoint.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await endpoint.close();
  });
  return { client, asked };
}

describe("starting a workflow", () => {
  test("names it by the job, so that it starts once, and tells it the job's id alone", async () => {
    const { client, asked } = await stepFunctions();
    await sfnExecutions(client, "arn:machine").start({ id: JOB_ID });
    expect(asked).toEqual([
      { stateMachineArn: "arn:machine", name: `${JOB_ID}-1`, input: JSON.stringify({ jobId: JOB_ID }) },
    ]);
  });

  test("that was started is no error", async () => {
    const { client, asked } = await stepFunctions("ExecutionAlreadyExists");
    await sfnExecutions(client, "arn:machine").start({ id: JOB_ID });
    expect(asked).toHaveLength(1);
  });

  test.each(["StateMachineDoesNotExist", "ExecutionLimitExceeded", "ThrottlingException"])(
    "that fails by %s is one",
    async (failure) => {
      const { client } = await stepFunctions(failure);
      await expect(sfnExecutions(client, "arn:machine").start({ id: JOB_ID })).rejects.toMatchObject({
        name: failure,
      });
    },
  );
});

describe("waking a workflow", () => {
  test("hands over the challenge's number alone", async () => {
    const { client, asked } = await stepFunctions();
    await sfnWaker(client).wake(new Secret("token"), 2);
    expect(asked).toEqual([{ taskToken: "token", output: '{"challengeNumber":2}' }]);
  });

  test.each(["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])(
    "by a token that is over: %s",
    async (failure) => {
      const { client, asked } = await stepFunctions(failure);
      await sfnWaker(client).wake(new Secret("token"), 1);
      expect(asked).toHaveLength(1);
    },
  );

  test.each(["InvalidOutput", "ThrottlingException"])("that fails by %s is an error", async (failure) => {
    const { client } = await stepFunctions(failure);
    await expect(sfnWaker(client).wake(new Secret("token"), 1)).rejects.toMatchObject({ name: failure });
  });
});

test.each(["ThrottlingException", "InvalidArn"])("%s tells nothing of an execution", async (failure) => {
  const { client } = await stepFunctions(failure);
  const executions = sfnExecutions(client, "arn:machine");
  await expect(executions.state({ id: JOB_ID })).rejects.toMatchObject({ name: failure });
  await expect(executions.stop({ id: JOB_ID })).rejects.toMatchObject({ name: failure });
});
