import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { CREDENTIALS, type Environment, REGION, runProgram } from "./programs.ts";

export function dynamoAt(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

export function stepFunctionsAt(endpoint: string): SFNClient {
  return new SFNClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

const PROGRAM = join(import.meta.dirname, "aws-calls.py");
const lists = z.array(z.array(z.unknown()));
const textLists = z.array(z.array(z.string()));

/** A call in the words of botocore. */
export interface AwsCall {
  service: string;
  operation: string;
  parameters?: object;
  /** JMESPath to the list that is wanted of each page; none for a call that only changes something. */
  query?: string;
}

/** Makes the calls in their order, and gives a list for each, over all its pages. */
export async function awsCalls(commands: Environment, calls: readonly AwsCall[]): Promise<unknown[][]> {
  const input = JSON.stringify(calls.map((call) => ({ query: "[]", ...call })));
  return lists.parse(JSON.parse(await runProgram("python", [PROGRAM], commands, input)));
}

/** As {@link awsCalls}, for calls whose answers are texts. */
export async function awsTexts(commands: Environment, calls: readonly AwsCall[]): Promise<string[][]> {
  return textLists.parse(await awsCalls(commands, calls));
}

export interface LogGroup {
  group: string;
  lines: readonly string[];
}

async function logGroups(commands: Environment): Promise<string[]> {
  const query = "logGroups[].logGroupName";
  return (await awsTexts(commands, [{ service: "logs", operation: "describe_log_groups", query }])).flat();
}

/** Every line of every log group. */
export async function readLogs(commands: Environment): Promise<LogGroup[]> {
  const groups = await logGroups(commands);
  const calls = groups.map((logGroupName) => ({
    service: "logs",
    operation: "filter_log_events",
    parameters: { logGroupName },
    query: "events[].message",
  }));
  const lines = await awsTexts(commands, calls);
  return groups.map((group, index) => ({ group, lines: lines[index] ?? [] }));
}

/** Gives the log group into which it wrote. */
export async function writeLog(commands: Environment, message: string): Promise<string> {
  const [logGroupName = ""] = await logGroups(commands);
  const stream = { logGroupName, logStreamName: "planted" };
  const events = { ...stream, logEvents: [{ timestamp: Date.now(), message }] };
  await awsCalls(commands, [
    { service: "logs", operation: "create_log_stream", parameters: stream },
    { service: "logs", operation: "put_log_events", parameters: events },
  ]);
  return logGroupName;
}
