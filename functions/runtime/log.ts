import { LOG_LEVELS, type LogLevel } from "../domain/log-level.ts";
import { setting } from "./environment.ts";

/** All that a log line may hold. Ids, names of ours, counts; nothing that came from outside as it came. */
export interface LogFields {
  correlationId?: string;
  jobId?: string;
  route?: string;
  task?: string;
  status?: number;
  reason?: string;
  errorName?: string;
  durationMs?: number;
}

/** Writes one JSON line. Only the fields named above leave, whatever else an object may carry. */
export function log(level: LogLevel, message: string, fields: LogFields = {}): void {
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold())) return;
  const { correlationId, jobId, route, task, status, reason, errorName, durationMs } = fields;
  const line = {
    time: new Date().toISOString(),
    level,
    message,
    ...{ correlationId, jobId, route, task, status, reason, errorName, durationMs },
  };
  writeLine(line);
}

/** For what is made of fields that were picked one by one, and nothing else. */
export function writeLine(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function threshold(): LogLevel {
  return LOG_LEVELS.find((level) => level === setting("LOG_LEVEL")) ?? "info";
}
