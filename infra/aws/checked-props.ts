import { Token } from "aws-cdk-lib";
import { MAX_FOLLOW_LIMIT_MINUTES } from "../../functions/jobs/domain/following.ts";
import { MAX_RETENTION_DAYS } from "../../functions/jobs/domain/times-to-live.ts";
import type { Upstream } from "./upstream.ts";
import { isUpstreamUrl, withoutSlashAtTheEnd } from "./upstream-url.ts";

/**
 * Returns the props with the trailing slashes of the URL removed. Throws for a URL to which logins must not be sent. Does not
 * check a URL that is known only at deployment (a CDK token).
 */
export function checkedUpstream({ url, ...rest }: Upstream): Upstream {
  if (Token.isUnresolved(url)) return { ...rest, url };
  if (!isUpstreamUrl(url)) throw new Error("upstream.url must be an https address.");
  return { ...rest, url: withoutSlashAtTheEnd(url) };
}

/** Throws unless the limit is a whole number from 1 to `MAX_FOLLOW_LIMIT_MINUTES`. */
export function checkedFollowLimit(minutes: number): number {
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= MAX_FOLLOW_LIMIT_MINUTES) return minutes;
  throw new Error(`followLimitMinutes must be a whole number from 1 to ${MAX_FOLLOW_LIMIT_MINUTES}.`);
}

/** Throws unless the retention is a whole number from 1 to `MAX_RETENTION_DAYS`. */
export function checkedRetentionDays(days: number): number {
  if (Number.isInteger(days) && days >= 1 && days <= MAX_RETENTION_DAYS) return days;
  throw new Error(`retentionDays must be a whole number from 1 to ${MAX_RETENTION_DAYS}.`);
}
