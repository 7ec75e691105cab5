import { Token } from "aws-cdk-lib";
import { MAX_RETENTION_DAYS } from "../../functions/domain/retention.ts";
import type { Upstream } from "./upstream.ts";
import { isUpstreamUrl, withoutSlashAtTheEnd } from "./upstream-url.ts";

/** Throws for an address to which no login may be sent. One that is known only when deployed is taken as it is. */
export function checkedUpstream({ url, ...rest }: Upstream): Upstream {
  if (Token.isUnresolved(url)) return { ...rest, url };
  if (!isUpstreamUrl(url)) throw new Error("upstream.url must be an https address.");
  return { ...rest, url: withoutSlashAtTheEnd(url) };
}

export function checkedRetentionDays(days: number): number {
  if (Number.isInteger(days) && days >= 1 && days <= MAX_RETENTION_DAYS) return days;
  throw new Error(`retentionDays must be a whole number from 1 to ${MAX_RETENTION_DAYS}.`);
}
