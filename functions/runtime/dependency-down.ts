import { DependencyDown, JobChanged, UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";

/**
 * Whether an error says that something we stand on is down, rather than that we are wrong: upstream, or an AWS service
 * that could not be reached, throttled us or failed. The SDK marks what the caller did wrong as `$fault: "client"`.
 */
export function isDependencyDown(error: unknown): boolean {
  if (error instanceof UpstreamUnavailable || error instanceof UpstreamRefused) return true;
  if (error instanceof DependencyDown || error instanceof JobChanged) return true;
  if (!(error instanceof Error) || !("$metadata" in error)) return false;
  return (
    !("$fault" in error) || error.$fault !== "client" || ("$retryable" in error && Boolean(error.$retryable))
  );
}
