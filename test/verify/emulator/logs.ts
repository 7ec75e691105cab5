import * as z from "zod";
import { awsCalls, awsTexts } from "./aws-calls.ts";
import type { Environment } from "./programs.ts";

const texts = z.array(z.array(z.string()));

function logGroups(commands: Environment): Promise<string[]> {
  return awsTexts(commands, {
    service: "logs",
    operation: "describe_log_groups",
    query: "logGroups[].logGroupName",
  });
}

export interface LogGroup {
  group: string;
  lines: readonly string[];
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
  const lines = texts.parse(await awsCalls(commands, calls));
  return groups.map((group, index) => ({ group, lines: lines[index] ?? [] }));
}

/** Gives the log group into which it wrote. */
export async function writeLog(commands: Environment, message: string): Promise<string> {
  const [logGroupName = ""] = await logGroups(commands);
  const stream = { logGroupName, logStreamName: "planted" };
  const logEvents = [{ timestamp: Date.now(), message }];
  await awsCalls(commands, [
    { service: "logs", operation: "create_log_stream", parameters: stream, query: "[]" },
    { service: "logs", operation: "put_log_events", parameters: { ...stream, logEvents }, query: "[]" },
  ]);
  return logGroupName;
}
