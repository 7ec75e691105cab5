import { randomUUID } from "node:crypto";
import { type Problem, Refusal } from "../domain/refusal.ts";
import type { ApiResult } from "../wire/api-event.ts";
import { renderErrors } from "../wire/error-rendering.ts";
import { isDependencyDown } from "./dependency-down.ts";
import { type HttpRequest, readHttpRequest } from "./http-request.ts";
import { log } from "./log.ts";

export interface Reply {
  status: number;
  body: object;
  headers?: Record<string, string>;
  /** For the log line of the request. */
  jobId?: string;
}

/** A dependency that is down is worth a second try about as soon as its client gave up on it. */
const RETRY_AFTER_SECONDS = "5";

/** The one shape of every API function: read the request, answer it, and answer every failure in the error shape. */
export function apiHandler(
  route: string,
  answer: (request: HttpRequest) => Promise<Reply>,
): (event: unknown) => Promise<ApiResult> {
  return async (event) => {
    const correlationId = randomUUID();
    const startedAt = performance.now();
    const reply = await answerOrRefuse(event, answer, correlationId, route);
    const durationMs = Math.round(performance.now() - startedAt);
    const { status, jobId } = reply;
    log("info", "request", {
      correlationId,
      route,
      status,
      durationMs,
      ...(jobId !== undefined && { jobId }),
    });
    return {
      statusCode: reply.status,
      headers: { "content-type": "application/json", "cache-control": "no-store", ...reply.headers },
      body: JSON.stringify(reply.body),
    };
  };
}

async function answerOrRefuse(
  event: unknown,
  answer: (request: HttpRequest) => Promise<Reply>,
  correlationId: string,
  route: string,
): Promise<Reply> {
  try {
    return await answer(readHttpRequest(event));
  } catch (error) {
    const problems = problemsOf(error);
    if (!(error instanceof Refusal)) {
      const errorName = error instanceof Error ? error.name : "unknown";
      log("error", "request failed", { correlationId, route, errorName });
    }
    return { ...renderErrors(correlationId, problems), headers: headersOf(problems[0]) };
  }
}

function headersOf(problem: Problem | "internal"): Record<string, string> {
  if (problem === "internal") return {};
  if (problem.reason === "service-unavailable") return { "retry-after": RETRY_AFTER_SECONDS };
  return problem.allow === undefined ? {} : { allow: problem.allow.join(", ") };
}

function problemsOf(error: unknown): readonly [Problem | "internal", ...Problem[]] {
  if (error instanceof Refusal) return error.problems;
  return isDependencyDown(error) ? [{ reason: "service-unavailable" }] : ["internal"];
}
