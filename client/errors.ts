import type { ApiErrorEntry } from "./types.ts";

/** The API has refused a request. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The status of the reply, such as 404. */
  declare readonly status: number;
  /** Such as `resource-not-found`. `unexpected-reply` if the reply is not one of this API. */
  declare readonly code: string;
  declare readonly title: string;
  declare readonly detail: string | undefined;
  /** The field or parameter that is wrong. */
  declare readonly source: { pointer?: string; parameter?: string } | undefined;
  /** All errors of the reply. `code`, `title`, `detail` and `source` are those of the first. */
  declare readonly errors: ErrorReply["errors"];
  /** With this id, the operator finds the request in the log. */
  declare readonly correlationId: string | undefined;
  /** The seconds after which the API accepts the request again. */
  declare readonly retryAfterSeconds: number | undefined;

  constructor(reply: ErrorReply) {
    const [{ code, title, detail, source }] = reply.errors;
    super(`${detail ?? title} (${reply.status} ${code})`);
    Object.assign(this, { code, title, detail, source, ...reply });
  }
}

export interface ErrorReply {
  status: number;
  errors: readonly [ApiErrorEntry, ...ApiErrorEntry[]];
  correlationId?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

/** No reply came: the address, the network or the API. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  /** Such as `https://api.example.com`. */
  readonly origin: string;

  /** `reason` is a code of the system, such as `ECONNREFUSED`, a short text, or empty. */
  constructor(origin: string, reason: string) {
    super(`No reply from ${origin}${reason && ` (${reason})`}. Check the address, the network and the API.`);
    this.origin = origin;
  }
}
