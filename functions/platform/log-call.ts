import { UpstreamRefused } from "../jobs/domain/errors.ts";
import type { UpstreamWatch } from "../jobs/domain/ports.ts";
import { log } from "./log.ts";
import { nameOf } from "./log-fields.ts";

/** What of upstream was called, and how that ended: never where to, which would hold ids, or with what. */
export const logCall: UpstreamWatch["called"] = (call, durationMs, error) => {
  const failed = error === undefined ? {} : { errorName: nameOf(error) };
  const status = error instanceof UpstreamRefused ? error.status : undefined;
  log("debug", "upstream called", { call, durationMs, status, ...failed });
};
