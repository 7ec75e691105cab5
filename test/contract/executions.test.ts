import { randomUUID } from "node:crypto";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sfnExecutions } from "../../functions/jobs/store/executions.ts";
import { AwsError, startAwsJsonEndpoint } from "../../infra/local/aws/aws-json-endpoint.ts";
import {
  type LocalStepFunctions,
  startStepFunctions,
} from "../../infra/local/step-functions/step-functions-endpoint.ts";
import { sdkSettings } from "../local-endpoints/sdk-settings.ts";

const MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:jobs";
const EXECUTIONS = "arn:aws:states:us-east-1:000000000000:execution:jobs";

/** Works for longer than any test, unless the job is one that is over at once. */
const definition = {
  StartAt: "Work",
  States: {
    Work: { Type: "Task", Resource: "arn:aws:lambda:us-east-1:000000000000:function:work", End: true },
  },
};
const invoke = async (_: string, payload: unknown) =>
  JSON.stringify(payload).includes("over-") ? {} : new Promise(() => undefined);

let endpoint: LocalStepFunctions;
let client: SFNClient;
beforeAll(async () => {
  endpoint = await startStepFunctions({ stateMachines: [{ arn: MACHINE, definition, invoke }] });
  client = new SFNClient(sdkSettings(endpoint.url));
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const executions = () => sfnExecutions(client, MACHINE);
const typesOf = (name: string) => endpoint.history(`${EXECUTIONS}:${name}`).map(({ type }) => type);

describe("an execution", () => {
  test("is missing until it is started, and runs from then on", async () => {
    const job = { id: randomUUID() };
    expect(await executions().state(job)).toBe("missing");
    await executions().start(job);
    expect(await executions().state(job)).toBe("running");
  });

  test("has ended when its work is done", async () => {
    const job = { id: `over-${randomUUID()}` };
    await executions().start(job);
    await expect.poll(() => executions().state(job), { interval: 5 }).toBe("ended");
  });

  test("has ended when it was stopped, and may be stopped again", async () => {
    const job = { id: randomUUID() };
    await executions().start(job);
    await executions().stop(job);
    expect(await executions().state(job)).toBe("ended");
    await executions().stop(job);
    expect(typesOf(`${job.id}-1`).filter((type) => type === "ExecutionAborted")).toHaveLength(1);
  });

  test("that was never started may be stopped", async () => {
    await expect(executions().stop({ id: randomUUID() })).resolves.toBeUndefined();
  });

  test("is not begun again by its name, whether it runs or has ended", async () => {
    const job = { id: randomUUID() };
    await executions().start(job);
    await executions().start(job);
    expect(typesOf(`${job.id}-1`).filter((type) => type === "ExecutionStarted")).toHaveLength(1);
    await executions().stop(job);
    await executions().start(job);
    expect(await executions().state(job)).toBe("ended");
  });

  test("of another generation is another one, of the same job", async () => {
    const job = { id: randomUUID() };
    const second = { ...job, generation: 2 };
    await executions().start(job);
    await executions().stop(job);
    expect(await executions().state(second)).toBe("missing");
    await executions().start(second);
    expect(await executions().state({ ...job, generation: 1 })).toBe("ended");
    expect(await executions().state(second)).toBe("running");
    const [started] = endpoint.history(`${EXECUTIONS}:${job.id}-2`);
    const input = JSON.parse(started?.["executionStartedEventDetails"]?.["input"] ?? "");
    expect(input).toEqual({ jobId: job.id });
  });
});

describe("a Step Functions that fails", () => {
  async function failing(failure: string) {
    const fail = async () => {
      throw new AwsError(failure, "no");
    };
    const broken = await startAwsJsonEndpoint({
      targetPrefix: "AWSStepFunctions",
      operations: { DescribeExecution: fail, StopExecution: fail },
    });
    const theirs = new SFNClient(sdkSettings(broken.url));
    onTestFinished(async () => {
      theirs.destroy();
      await broken.close();
    });
    return sfnExecutions(theirs, MACHINE);
  }

  test.each(["ThrottlingException", "InvalidArn"])("by %s tells nothing of an execution", async (failure) => {
    const broken = await failing(failure);
    await expect(broken.state({ id: "1" })).rejects.toMatchObject({ name: failure });
    await expect(broken.stop({ id: "1" })).rejects.toMatchObject({ name: failure });
  });
});
