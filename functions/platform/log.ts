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
  type LoggedRoute,
  type Message,
  nameOf,
  ofError,
  ofJob,
} from "./log-fields.ts";
import { emfLine } from "./metrics.ts";

/*
 * All log lines are written in this file. It copies known fields only, and checks each field against a pattern. The
 * compiler rejects an object with any other field.
 */

/** The fields that all lines of the current work share. */
const about = /* @__PURE__ */ new AsyncLocalStorage<LogFields>();

/** Runs `work`. All its log lines contain these fields, and the fields that are added meanwhile. */
export function logAbout<Fields extends LogFields, Result>(
  fields: Fields & Exactly<Fields>,
  work: () => Result,
): Result {
  return about.run(fields, work);
}

/**
 * Adds the job's id to all later log lines of the current work. Ignores a malformed id. Returns `jobId` unchanged.
 */
export function aboutJob<Id extends string | undefined>(jobId: Id): Id {
  Object.assign(about.getStore() ?? {}, ofJob(jobId));
  return jobId;
}

/** Replaces the route in all later log lines of the current request. */
export function aboutRoute(route: LoggedRoute): void {
  Object.assign(about.getStore() ?? {}, { route });
}

/** Writes one line as JSON, unless its level is below `LOG_LEVEL`. */
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

/** Writes one line of metrics, whatever the log level; writes nothing without measurements. */
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

/**
 * Logs the name and the result of a call to the aggregator. Never logs its URL, which would contain ids, or its body.
 */
export const logCall: UpstreamWatch["called"] = (call, durationMs, error) => {
  const failed = error === undefined ? {} : { errorName: nameOf(error) };
  const status = error instanceof UpstreamRefused ? error.status : undefined;
  log("debug", "upstream called", { call, durationMs, status, ...failed });
};

/** Logs that the slots of waiting requests could not be read or written. */
export function logSlotFailure(error: unknown): void {
  log("warn", "slots not reached", ofError(error));
}
