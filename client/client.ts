/** The client of Connection Jobs: `connection-jobs/client`. It uses `fetch`, and nothing of Node. */
export * from "./connection-jobs.ts";
export { ApiError, NetworkError } from "./errors.ts";
export * from "./job-state.ts";
export type { ApiOptions } from "./requests.ts";
export type * from "./types.ts";
export * from "./verify-webhook.ts";
