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
import { sdkSettings } from "./sdk-settings.ts";

export const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:jobs";

export interface Call {
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

/** Runs one state machine behind the endpoint, through the SDK's client, until the test is over. */
export async function localWorkflow(options: {
  readonly definition: object;
  readonly functions?: Readonly<Record<string, (payload: unknown) => unknown>>;
  readonly timeScale?: number;
  readonly executionsFile?: string;
}) {
  const calls: Call[] = [];
  const { definition, functions = {}, timeScale = 1000, executionsFile } = options;
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
  return {
    calls,
    client,
    close,
    describe,
    resume: () => endpoint.resume(),
    async start(input: unknown = {}, name?: string): Promise<string> {
      const command = { stateMachineArn, input: JSON.stringify(input), ...(name !== undefined && { name }) };
      return (await client.send(new StartExecutionCommand(command))).executionArn ?? "";
    },
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
    /** Resolves when the execution is over. */
    async end(executionArn: string) {
      await expect
        .poll(async () => (await describe(executionArn)).status, { interval: 2, timeout: 4_500 })
        .not.toBe("RUNNING");
      const { status, output, error, cause } = await describe(executionArn);
      return { status, output: output === undefined ? undefined : JSON.parse(output), error, cause };
    },
    /** Resolves when the function has been called so often. */
    async called(functionName: string, times = 1): Promise<unknown> {
      const made = () => calls.filter((call) => call.functionName === functionName);
      await expect.poll(() => made().length, { interval: 2, timeout: 4_500 }).toBe(times);
      return made().at(-1)?.payload;
    },
    history: (executionArn: string) => endpoint.history(executionArn).map(({ type }) => type),
    historyPage: (
      executionArn: string,
      page: { maxResults?: number; nextToken?: string; reverseOrder?: boolean },
    ) => client.send(new GetExecutionHistoryCommand({ executionArn, ...page })),
  };
}

export function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
