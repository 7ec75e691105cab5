import { setting } from "./environment.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

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
export function log(level: Level, message: string, fields: LogFields = {}): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold())) return;
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

function threshold(): Level {
  return LEVELS.find((level) => level === setting("LOG_LEVEL")) ?? "info";
}
