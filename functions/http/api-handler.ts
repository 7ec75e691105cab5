import { randomUUID } from "node:crypto";
import { DependencyDown, JobChanged, UpstreamRefused, UpstreamUnavailable } from "../jobs/domain/errors.ts";
import { type Problem, Refusal } from "../jobs/domain/refusal.ts";
import { aboutJob, log, logAbout } from "../platform/log.ts";
import { type LogFields, nameOf, ofGateway, type RouteName, type Uuid } from "../platform/log-fields.ts";
import { renderErrors } from "./errors.ts";
import { type ApiResult, type HttpRequest, readHttpRequest } from "./request.ts";

export interface Reply {
  status: number;
  body: object;
  headers?: Record<string, string>;
  /** For the log, where the path names no job. */
  jobId?: string | undefined;
}

/** A dependency that is down is worth a second try about as soon as its client gave up on it. */
const RETRY_AFTER_SECONDS = "5";

/**
 * The shape of every API function: read the request, answer it, and answer every failure in the error shape.
 */
export function apiHandler(
  route: RouteName,
  answer: (request: HttpRequest) => Promise<Reply>,
): (event: unknown) => Promise<ApiResult> {
  return (event) => {
    const fields: RequestFields = { correlationId: randomUUID(), ...ofGateway(event), route };
    return logAbout(fields, async () => {
      const startedAt = performance.now();
      const { status, headers, body, jobId } = await answerOrRefuse(event, answer, fields);
      const durationMs = Math.round(performance.now() - startedAt);
      aboutJob(jobId);
      log("info", "request", { status, durationMs });
      return {
        statusCode: status,
        headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
        body: JSON.stringify(body),
      };
    });
  };
}

type RequestFields = LogFields & { correlationId: Uuid };

/** Notes in the fields of all further lines what becomes known of the request. */
async function answerOrRefuse(
  event: unknown,
  answer: (request: HttpRequest) => Promise<Reply>,
  fields: RequestFields,
): Promise<Reply> {
  try {
    const request = readHttpRequest(event);
    aboutJob(request.parameter("jobId"));
    return await answer(request);
  } catch (error) {
    const problems = problemsOf(error);
    const [first] = problems;
    fields.reason = first === "internal" ? first : first.reason;
    if (!(error instanceof Refusal)) {
      log(first === "internal" ? "error" : "warn", "request failed", { errorName: nameOf(error) });
    }
    return { ...renderErrors(fields.correlationId, problems), headers: headersOf(first) };
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

/** How AWS services name what they blame on the caller although a moment later it would have gone well. */
const OVER_A_LIMIT = /Throttl|LimitExceeded|ThroughputExceeded|TooManyRequests/;

/**
 * Whether an error says that something we stand on is down, rather than that we are wrong: upstream, or an AWS service
 * that could not be reached, throttled us or failed. The SDK marks what the caller did wrong as `$fault: "client"`.
 */
function isDependencyDown(error: unknown): boolean {
  if (error instanceof UpstreamUnavailable || error instanceof UpstreamRefused) return true;
  if (error instanceof DependencyDown || error instanceof JobChanged) return true;
  if (!(error instanceof Error) || !("$metadata" in error)) return false;
  return !("$fault" in error) || error.$fault !== "client" || OVER_A_LIMIT.test(error.name);
}
