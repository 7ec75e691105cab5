import { randomUUID } from "node:crypto";
import { DependencyDown, JobChanged, UpstreamRefused, UpstreamUnavailable } from "../jobs/domain/errors.ts";
import { type Problem, Refusal } from "../jobs/domain/refusal.ts";
import { aboutJob, log, logAbout } from "../platform/log.ts";
import { type LogFields, type LoggedRoute, ofError, ofGateway, type Uuid } from "../platform/log-fields.ts";
import { renderErrors } from "./errors.ts";
import { type ApiResult, type BodyLimit, type HttpRequest, readHttpRequest } from "./request.ts";

export interface Reply {
  status: number;
  body?: object;
  /** A body that is sent as it is, in place of `body`. */
  raw?: Pick<ApiResult, "body" | "isBase64Encoded">;
  headers?: Record<string, string>;
  cookies?: string[];
  /** For the log, on routes whose path does not contain the job's id. */
  jobId?: string | undefined;
}

/** In seconds. By about then, our own client has stopped calling the failed dependency, and a retry is reasonable. */
const RETRY_AFTER_SECONDS = "5";

export interface HandlerOptions {
  /** Default: 16 KiB. */
  bodyLimit?: BodyLimit;
  /** Renders a refusal. Default: as the published error shape. */
  renderRefusal?: (
    correlationId: string,
    problems: readonly [Problem | "internal", ...Problem[]],
  ) => Pick<Reply, "status" | "body" | "raw" | "headers">;
}

/**
 * Wraps every API function: reads the request, calls `answer`, and renders every error in the published error shape.
 */
export function apiHandler(
  route: LoggedRoute,
  answer: (request: HttpRequest) => Promise<Reply>,
  { bodyLimit, renderRefusal = renderErrors }: HandlerOptions = {},
): (event: unknown) => Promise<ApiResult> {
  return (event) => {
    const fields: RequestFields = { correlationId: randomUUID(), ...ofGateway(event), route };
    return logAbout(fields, async () => {
      const startedAt = performance.now();
      const { status, headers, cookies, body, raw, jobId } = await answerOrRefuse(
        () => readHttpRequest(event, bodyLimit),
        answer,
        renderRefusal,
        fields,
      );
      const durationMs = Math.round(performance.now() - startedAt);
      aboutJob(jobId);
      log("info", "request", { status, durationMs });
      return {
        statusCode: status,
        headers: {
          ...(status !== 304 && { "content-type": "application/json" }),
          "cache-control": "no-store",
          ...headers,
        },
        ...(cookies !== undefined && { cookies }),
        ...(raw ?? { body: body === undefined ? "" : JSON.stringify(body) }),
      };
    });
  };
}

type RequestFields = LogFields & { correlationId: Uuid };

/** Adds the job's id and the reason of a refusal to all later log lines of the request, through `fields`. */
async function answerOrRefuse(
  read: () => HttpRequest,
  answer: (request: HttpRequest) => Promise<Reply>,
  renderRefusal: NonNullable<HandlerOptions["renderRefusal"]>,
  fields: RequestFields,
): Promise<Reply> {
  try {
    const request = read();
    aboutJob(request.parameter("jobId"));
    return await answer(request);
  } catch (error) {
    const problems = problemsOf(error);
    const [first] = problems;
    fields.reason = first === "internal" ? first : first.reason;
    if (!(error instanceof Refusal)) {
      log(first === "internal" ? "error" : "warn", "request failed", ofError(error));
    }
    const { headers, ...refused } = renderRefusal(fields.correlationId, problems);
    return { ...refused, headers: { ...headers, ...headersOf(first) } };
  }
}

function headersOf(problem: Problem | "internal"): Record<string, string> {
  if (problem === "internal") return {};
  if (problem.reason === "service-unavailable") return { "retry-after": RETRY_AFTER_SECONDS };
  if (problem.retryAfterSeconds !== undefined) return { "retry-after": String(problem.retryAfterSeconds) };
  return problem.allow === undefined ? {} : { allow: problem.allow.join(", ") };
}

function problemsOf(error: unknown): readonly [Problem | "internal", ...Problem[]] {
  if (error instanceof Refusal) return error.problems;
  return isDependencyDown(error) ? [{ reason: "service-unavailable" }] : ["internal"];
}

/**
 * AWS services report these errors as the caller's fault, although a retry a moment later would succeed, or although only
 * an operator can repair the cause.
 */
const NOT_THE_CALLERS = /Throttl|LimitExceeded|ThroughputExceeded|TooManyRequests|AccessDenied/;

/**
 * Returns whether an error means that a dependency is down, and not that our code is wrong: the aggregator is
 * down, or an AWS service could not be reached, throttled us or failed. The SDK marks the caller's mistakes
 * with `$fault: "client"`.
 */
function isDependencyDown(error: unknown): boolean {
  if (error instanceof UpstreamUnavailable || error instanceof UpstreamRefused) return true;
  if (error instanceof DependencyDown || error instanceof JobChanged) return true;
  if (!(error instanceof Error) || !("$metadata" in error)) return false;
  return !("$fault" in error) || error.$fault !== "client" || NOT_THE_CALLERS.test(error.name);
}
