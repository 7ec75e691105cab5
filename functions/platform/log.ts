import { AsyncLocalStorage } from "node:async_hooks";
import { UpstreamRefused } from "../jobs/domain/errors.ts";
import type { Measurement } from "../jobs/domain/metrics.ts";
import type { UpstreamWatch } from "../jobs/domain/ports.ts";
import { LOG_LEVELS, type LogLevel, setting } from "./environment.ts";
import {
  type Exactly,
  fitting,
  type Lines,
  type LogFields,
  type Message,
  nameOf,
  ofJob,
} from "./log-fields.ts";
import { emfLine } from "./metrics.ts";

/*
 * The one way out for lines. What is handed to it is picked field by field, each held to a form; a type that holds anything
 * else is refused by the compiler.
 */

/** What all lines of a piece of work say of it. */
const about = /* @__PURE__ */ new AsyncLocalStorage<LogFields>();

/** Does a piece of work whose lines all have these fields, and what is added to them meanwhile. */
export function logAbout<Fields extends LogFields, Result>(
  fields: Fields & Exactly<Fields>,
  work: () => Result,
): Result {
  return about.run(fields, work);
}

/** From now on the lines of this piece of work have the job's id. What has not the form of one is passed over. */
export function aboutJob<Id extends string | undefined>(jobId: Id): Id {
  Object.assign(about.getStore() ?? {}, ofJob(jobId));
  return jobId;
}

/** Writes one line as JSON. */
export function log<Name extends Message>(level: Lines[Name], message: Name): void;
export function log<Name extends Message, Fields extends LogFields>(
  level: Lines[Name],
  message: Name,
  fields: Fields & Exactly<Fields>,
): void;
export function log(level: LogLevel, message: Message, fields?: LogFields): void {
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold())) return;
  const line = { message, ...about.getStore(), ...fields };
  write({ time: new Date().toISOString(), level, ...fitting(line) });
}

/** Writes one line of metrics, at every level; none for nothing. */
export function logMeasured(namespace: string, measured: readonly Measurement[], at: Date): void {
  const line = emfLine(namespace, measured, at);
  if (line !== undefined) write({ ...line, ...fitting(about.getStore() ?? {}) });
}

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function threshold(): LogLevel {
  return LOG_LEVELS.find((level) => level === setting("LOG_LEVEL")) ?? "info";
}

/** What of upstream was called, and how that ended: never where to, which would hold ids, or with what. */
export const logCall: UpstreamWatch["called"] = (call, durationMs, error) => {
  const failed = error === undefined ? {} : { errorName: nameOf(error) };
  const status = error instanceof UpstreamRefused ? error.status : undefined;
  log("debug", "upstream called", { call, durationMs, status, ...failed });
};
