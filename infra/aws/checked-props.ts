import { Token } from "aws-cdk-lib";
import { MAX_FOLLOW_LIMIT_MINUTES } from "../../functions/jobs/domain/following.ts";
import { MAX_RETENTION_DAYS } from "../../functions/jobs/domain/times-to-live.ts";
import type { Upstream } from "./upstream.ts";
import { isUpstreamUrl, withoutSlashAtTheEnd } from "./upstream-url.ts";

/** Throws for an address to which no login may be sent. One that is known only when deployed is taken as it is. */
export function checkedUpstream({ url, ...rest }: Upstream): Upstream {
  if (Token.isUnresolved(url)) return { ...rest, url };
  if (!isUpstreamUrl(url)) throw new Error("upstream.url must be an https address.");
  return { ...rest, url: withoutSlashAtTheEnd(url) };
}

export function checkedFollowLimit(minutes: number): number {
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= MAX_FOLLOW_LIMIT_MINUTES) return minutes;
  throw new Error(`followLimitMinutes must be a whole number from 1 to ${MAX_FOLLOW_LIMIT_MINUTES}.`);
}

export function checkedRetentionDays(days: number): number {
  if (Number.isInteger(days) && days >= 1 && days <= MAX_RETENTION_DAYS) return days;
  throw new Error(`retentionDays must be a whole number from 1 to ${MAX_RETENTION_DAYS}.`);
}
