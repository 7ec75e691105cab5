import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { expect, onTestFinished } from "vitest";
import { startStepFunctions } from "../../infra/local/step-functions/step-functions-endpoint.ts";

/** What a client of the SDK needs to call an endpoint of this machine. */
export function sdkSettings(endpoint: string) {
  return {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  };
}

export const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:jobs";

interface Call {
  readonly functionName: string;
  readonly payload: unknown;
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

export function invokeTask(name: string, fields: object = {}, resource = "invoke") {
  const Parameters = { FunctionName: functionArn(name), "Payload.$": "$" };
  return { Type: "Task", Resource: `arn:aws:states:::lambda:${resource}`, Parameters, ...fields };
}

export function callbackTask(name: string, fields: object = {}) {
  const Payload = { "token.$": "$$.Task.Token", "input.$": "$" };
  const Parameters = { FunctionName: functionArn(name), Payload };
  return invokeTask(name, { Parameters, End: true, ...fields }, "invoke.waitForTaskToken");
}

/** Runs one state machine behind the endpoint, through the SDK's client, until the test is over. It starts at the first state. */
export async function localWorkflow(options: {
  readonly states: Readonly<Record<string, object>>;
  readonly timeoutSeconds?: number;
  readonly functions?: Readonly<Record<string, (payload: unknown) => unknown>>;
  readonly timeScale?: number;
  readonly executionsFile?: string;
}) {
  const calls: Call[] = [];
  const { states, timeoutSeconds, functions = {}, timeScale = 1000, executionsFile } = options;
  const definition = { StartAt: Object.keys(states)[0], States: states, TimeoutSeconds: timeoutSeconds };
  const invoke = async (arn: string, payload: unknown) => {
    const functionName = arn.split(":").at(-1) ?? "";
    calls.push({ functionName, payload });
    return functions[functionName]?.(payload);
  };
  const endpoint = await startStepFunctions({
    stateMachines: [{ arn: stateMachineArn, definition, invoke }],
    timeScale,
    ...(executionsFile !== undefined && { executionsFile }),
  });
  const client = new SFNClient(sdkSettings(endpoint.url));
  const close = async () => {
    await endpoint.close();
    client.destroy();
  };
  onTestFinished(close);

  const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  async function start(input: unknown = {}, name?: string): Promise<string> {
    const command = { stateMachineArn, input: JSON.stringify(input), ...(name !== undefined && { name }) };
    return (await client.send(new StartExecutionCommand(command))).executionArn ?? "";
  }
  /** Resolves when the execution is over. */
  async function end(executionArn: string) {
    await expect.poll(async () => (await describe(executionArn)).status, { interval: 2 }).not.toBe("RUNNING");
    const { status, output, error, cause } = await describe(executionArn);
    return { status, output: output === undefined ? undefined : JSON.parse(output), error, cause };
  }

  return {
    calls,
    client,
    close,
    describe,
    resume: () => endpoint.resume(),
    start,
    end,
    /** Starts an execution, and resolves when it is over. */
    run: async (input: unknown = {}) => end(await start(input)),
    startRaw: (input: { stateMachineArn?: string; name?: string; input?: string }) =>
      client.send(new StartExecutionCommand({ stateMachineArn, ...input })),
    stop: (executionArn: string, cause?: string) =>
      client.send(new StopExecutionCommand({ executionArn, ...(cause !== undefined && { cause }) })),
    succeed: (taskToken: string, output: unknown) =>
      client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })),
    succeedRaw: (taskToken: string, output: string) =>
      client.send(new SendTaskSuccessCommand({ taskToken, output })),
    fail: (taskToken: string, error: string, cause: string) =>
      client.send(new SendTaskFailureCommand({ taskToken, error, cause })),
    /** Resolves when the function has been called so often. */
    async called(functionName: string, times = 1): Promise<unknown> {
      const made = () => calls.filter((call) => call.functionName === functionName);
      await expect.poll(() => made().length, { interval: 2 }).toBe(times);
      return made().at(-1)?.payload;
    },
    history: (executionArn: string) => endpoint.history(executionArn).map(({ type }) => type),
    historyPage: (
      executionArn: string,
      page: { maxResults?: number; nextToken?: string; reverseOrder?: boolean },
    ) => client.send(new GetExecutionHistoryCommand({ executionArn, ...page })),
  };
}

/** A function that fails with this error. */
export function failing(name: string, message: string): () => never {
  return () => {
    throw Object.assign(new Error(message), { name });
  };
}
