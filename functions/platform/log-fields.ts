import type { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { INSTITUTION_ID, UUID_V4 } from "../jobs/domain/ids.ts";
import type { Repair } from "../jobs/domain/measurements.ts";
import type { UpstreamCall } from "../jobs/domain/metrics.ts";
import type { RefusalReason } from "../jobs/domain/refusal.ts";
import type { RouteName } from "../routes.ts";
import { awsCallOf } from "./aws-call.ts";

/**
 * All log messages, and their levels. A level says whether somebody has to act:
 *
 * - `error`: a defect, or a failure that we do not retry in the same way. Investigate every such line.
 * - `warn`: a failure, now or earlier, that is repaired or retried, by us or by the caller.
 *   Investigate if there are many.
 * - `info`: one line for each request, Task, sweep, look at the banks that jobs wait for, batch of events, bank in such a batch, batch of messages and fetch of upstream events that
 *   ended, and for each job that a request names. A refused request counts as ended.
 * - `debug`: details of these.
 */
export interface Lines {
  request: "info";
  "request failed": "error" | "warn";
  "job named": "info";
  task: "info";
  "task failed": "error" | "warn";
  sweep: "info";
  "sweep failed": "error";
  "job mended": "warn";
  "job not swept": "error";
  "events stored": "info";
  "events not stored": "error";
  "record set aside": "error";
  "banks looked at": "info";
  "bank not looked at": "error";
  "banks not looked at": "error";
  "job not woken": "error";
  "attempts counted": "info";
  "attempts not counted": "error";
  webhooks: "info";
  "messages not sent": "error";
  "messages not woken": "warn";
  "webhook not swept": "error";
  "upstream event not fetched": "warn";
  "upstream events fetched": "info";
  "upstream events not fetched": "error";
  "slots not reached": "warn";
  "upstream called": "debug";
}

export type Message = keyof Lines;
export type Uuid = ReturnType<typeof randomUUID>;
/** `refuse` and `pass-through` are functions that serve many routes. */
export type LoggedRoute = RouteName | "refuse" | "pass-through";
export type TaskName = "open-connection" | "follow-job" | "ask-for-answer" | "send-answer" | "give-up";

declare const checked: unique symbol;
/** The result of {@link nameOf}, and the only thing that we log about an error: messages quote text from outside. */
export type ErrorName = "unknown" | (string & { readonly [checked]: "ErrorName" });

/** The result of {@link ofError}. */
export type AwsCall = string & { readonly [checked]: "AwsCall" };

/** The result of {@link ofInstitution}. */
export type InstitutionName = string & { readonly [checked]: "InstitutionName" };

/** The result of {@link ofGateway}. */
export type GatewayId = string & { readonly [checked]: "GatewayId" };

/** All fields of a log line besides its time and its level: ids, our own names, and numbers. No text from outside. */
export interface LogFields {
  correlationId?: Uuid;
  /** The id of the request in API Gateway's own access log. */
  requestId?: GatewayId;
  jobId?: Uuid;
  /** The id of a bank, as the aggregator's record has it. */
  institution?: InstitutionName;
  route?: LoggedRoute;
  task?: TaskName;
  call?: UpstreamCall;
  status?: number | undefined;
  reason?: RefusalReason | "internal" | Repair;
  errorName?: ErrorName | undefined;
  /** The call of AWS that failed. */
  awsCall?: AwsCall | undefined;
  durationMs?: number;
  /** The attempts of a batch at one institution, by how they ended. */
  succeeded?: number;
  failedByBank?: number;
  failedByAggregator?: number;
  failedByUs?: number;
  stoppedByUser?: number;
  /** The jobs whose bank is back, and whose execution was started. */
  woken?: number;
}

type IsAny<Given> = 0 extends 1 & Given ? true : false;

/** `never` for each member that is not a log field or is `any`, and for an object of an unknown type. */
export type Exactly<Given> = [IsAny<Given>, keyof Given] extends [true, unknown] | [unknown, never]
  ? never
  : {
      [name in keyof Given]: name extends keyof LogFields
        ? IsAny<Given[name]> extends true
          ? never
          : Given[name]
        : never;
    };

/** The fields of an API Gateway event that identify the request. */
const gatewayEvent = z.object({ requestContext: z.object({ requestId: z.string() }) });

const WORDS = /^[a-z]{2,20}([ -][a-z]{1,20}){0,5}$/;
const GATEWAY_ID = /^[\w+/-]{15}=$/;
const AWS_CALL = /^[A-Z][A-Za-z]{2,39}$/;
const ERROR_NAME = /^[$A-Za-z][\w.]{0,63}$/;

const COUNT = /^\d{1,9}$/;

type Forms = { readonly [name in keyof LogFields | "message"]-?: RegExp };

/** Types cannot check these patterns: a field that does not match its pattern is omitted. */
const FORMS = new Map<string, RegExp>(
  Object.entries({
    message: WORDS,
    correlationId: UUID_V4,
    requestId: GATEWAY_ID,
    jobId: UUID_V4,
    institution: INSTITUTION_ID,
    route: WORDS,
    task: WORDS,
    call: WORDS,
    status: /^[1-5]\d\d$/,
    reason: WORDS,
    errorName: ERROR_NAME,
    awsCall: AWS_CALL,
    durationMs: COUNT,
    succeeded: COUNT,
    failedByBank: COUNT,
    failedByAggregator: COUNT,
    failedByUs: COUNT,
    stoppedByUser: COUNT,
    woken: COUNT,
  } satisfies Forms),
);

/** Returns the fields of a line that match their patterns, and omits everything else. */
export function fitting(given: LogFields & { message?: Message }): object {
  const fields = Object.entries(given).filter(
    ([name, value]) => /string|number/.test(typeof value) && FORMS.get(name)?.test(String(value)),
  );
  return Object.fromEntries(fields);
}

/** Returns the log field of a job; empty if the id is malformed. */
export function ofJob(jobId: string | undefined): { jobId?: Uuid } {
  const id = jobId?.toLowerCase();
  return id !== undefined && isUuid(id) ? { jobId: id } : {};
}

/** Returns the log field of an institution; empty if the id is malformed. */
export function ofInstitution(institutionId: string): { institution?: InstitutionName } {
  return isInstitutionName(institutionId) ? { institution: institutionId } : {};
}

/**
 * Returns the log field of a request, from its event; empty if the id is malformed. API Gateway generates the id, so
 * no client can choose it.
 */
export function ofGateway(event: unknown): { requestId?: GatewayId } {
  const { data } = z.safeParse(gatewayEvent, event);
  const requestId = data?.requestContext.requestId;
  return requestId !== undefined && isGatewayId(requestId) ? { requestId } : {};
}

/** Returns the name of an error, or `unknown` if the value is not an `Error` or its name is malformed. */
export function nameOf(error: unknown): ErrorName {
  return error instanceof Error && isErrorName(error.name) ? error.name : "unknown";
}

/** Returns the log fields of an error: its name, and the call of AWS that failed with it. */
export function ofError(error: unknown): { errorName: ErrorName; awsCall?: AwsCall } {
  const call = awsCallOf(error);
  return { errorName: nameOf(error), ...(call !== undefined && isAwsCall(call) && { awsCall: call }) };
}

function isAwsCall(text: string): text is AwsCall {
  return AWS_CALL.test(text);
}

function isInstitutionName(text: string): text is InstitutionName {
  return INSTITUTION_ID.test(text);
}

function isUuid(text: string): text is Uuid {
  return UUID_V4.test(text);
}

function isGatewayId(text: string): text is GatewayId {
  return GATEWAY_ID.test(text);
}

function isErrorName(name: string): name is ErrorName {
  return ERROR_NAME.test(name);
}
