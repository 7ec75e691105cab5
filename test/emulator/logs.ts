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

/** Every line of every log group. */
export async function readLogs(commands: Environment): Promise<string[]> {
  const calls = (await logGroups(commands)).map((logGroupName) => ({
    service: "logs",
    operation: "filter_log_events",
    parameters: { logGroupName },
    query: "events[].message",
  }));
  return texts.parse(await awsCalls(commands, calls)).flat();
}

export async function writeLog(commands: Environment, message: string): Promise<void> {
  const [logGroupName] = await logGroups(commands);
  const stream = { logGroupName, logStreamName: "planted" };
  const logEvents = [{ timestamp: Date.now(), message }];
  await awsCalls(commands, [
    { service: "logs", operation: "create_log_stream", parameters: stream, query: "[]" },
    { service: "logs", operation: "put_log_events", parameters: { ...stream, logEvents }, query: "[]" },
  ]);
}
