import { DependencyDown, JobChanged, UpstreamRefused, UpstreamUnavailable } from "../jobs/domain/errors.ts";

/** How AWS services name what they blame on the caller although a moment later it would have gone well. */
const OVER_A_LIMIT = /Throttl|LimitExceeded|ThroughputExceeded|TooManyRequests/;

/**
 * Whether an error says that something we stand on is down, rather than that we are wrong: upstream, or an AWS service
 * that could not be reached, throttled us or failed. The SDK marks what the caller did wrong as `$fault: "client"`.
 */
export function isDependencyDown(error: unknown): boolean {
  if (error instanceof UpstreamUnavailable || error instanceof UpstreamRefused) return true;
  if (error instanceof DependencyDown || error instanceof JobChanged) return true;
  if (!(error instanceof Error) || !("$metadata" in error)) return false;
  return !("$fault" in error) || error.$fault !== "client" || OVER_A_LIMIT.test(error.name);
}
