import type { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { UUID_V4 } from "../jobs/domain/ids.ts";
import type { Mended } from "../jobs/domain/measurements.ts";
import type { UpstreamCall } from "../jobs/domain/metrics.ts";
import type { RefusalReason } from "../jobs/domain/refusal.ts";
import type { ROUTES } from "../routes.ts";

/**
 * Every message that there is, and its levels, which say who is to care:
 *
 * - `error`: a defect, or what nobody here tries again in the same way. Somebody has to look.
 * - `warn`: it failed, or had failed, and is mended or tried again, by us or by whoever asked. Worth a look when there are many.
 * - `info`: one for each request, Task and sweep that came to its end, and for each job that a request names. A request that
 *   is refused is one of these.
 * - `debug`: what went on in between.
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
  "upstream called": "debug";
}

export type Message = keyof Lines;
export type Uuid = ReturnType<typeof randomUUID>;
export type RouteName = keyof typeof ROUTES | "refuse";
export type TaskName = "open-connection" | "follow-job" | "ask-for-answer" | "send-answer" | "give-up";

declare const checked: unique symbol;
/** What {@link nameOf} gives of an error, and nothing else of it: messages quote what came from outside. */
export type ErrorName = "unknown" | (string & { readonly [checked]: "ErrorName" });

/** What {@link ofGateway} takes from an event of API Gateway. */
export type GatewayId = string & { readonly [checked]: "GatewayId" };

/** All that a line may hold beside its time and its level: ids, names of ours, counts. Nothing as it came from outside. */
export interface LogFields {
  correlationId?: Uuid;
  /** Under which API Gateway's own access log has the request. */
  requestId?: GatewayId;
  jobId?: Uuid;
  route?: RouteName;
  task?: TaskName;
  call?: UpstreamCall;
  status?: number | undefined;
  reason?: RefusalReason | "internal" | Mended;
  errorName?: ErrorName | undefined;
  durationMs?: number;
}

type IsAny<Given> = 0 extends 1 & Given ? true : false;

/** `never` for each member that is no field, or `any`, and for an object of which nothing is known. */
export type Exactly<Given> = [IsAny<Given>, keyof Given] extends [true, unknown] | [unknown, never]
  ? never
  : {
      [name in keyof Given]: name extends keyof LogFields
        ? IsAny<Given[name]> extends true
          ? never
          : Given[name]
        : never;
    };

/** The part of an event of API Gateway that names the request. */
const gatewayEvent = z.object({ requestContext: z.object({ requestId: z.string() }) });

const WORDS = /^[a-z]{2,20}([ -][a-z]{1,20}){0,5}$/;
const GATEWAY_ID = /^[\w+/-]{15}=$/;
const ERROR_NAME = /^[$A-Za-z][\w.]{0,63}$/;

type Forms = { readonly [name in keyof LogFields | "message"]-?: RegExp };

/** What types cannot see: a field that has not its form is left out. */
const FORMS = new Map<string, RegExp>(
  Object.entries({
    message: WORDS,
    correlationId: UUID_V4,
    requestId: GATEWAY_ID,
    jobId: UUID_V4,
    route: WORDS,
    task: WORDS,
    call: WORDS,
    status: /^[1-5]\d\d$/,
    reason: WORDS,
    errorName: ERROR_NAME,
    durationMs: /^\d{1,9}$/,
  } satisfies Forms),
);

/** The fields of a line, each in its form, and nothing else of what it is given. */
export function fitting(given: LogFields & { message?: Message }): object {
  const fields = Object.entries(given).filter(
    ([name, value]) => /string|number/.test(typeof value) && FORMS.get(name)?.test(String(value)),
  );
  return Object.fromEntries(fields);
}

/** The field of a job. What has not the form of one is none. */
export function ofJob(jobId: string | undefined): { jobId?: Uuid } {
  return jobId !== undefined && isUuid(jobId) ? { jobId } : {};
}

/** The field of a request, out of its event: API Gateway makes it, nobody can choose it. What has not its form is none. */
export function ofGateway(event: unknown): { requestId?: GatewayId } {
  const { data } = z.safeParse(gatewayEvent, event);
  const requestId = data?.requestContext.requestId;
  return requestId !== undefined && isGatewayId(requestId) ? { requestId } : {};
}

export function nameOf(error: unknown): ErrorName {
  return error instanceof Error && isErrorName(error.name) ? error.name : "unknown";
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
