import { Token } from "aws-cdk-lib";
import { type ApiVersion, type Connect, connectWith, DIRECT_NEEDS_2 } from "../../functions/access/caller.ts";
import { MAX_ANSWER_WAIT_SECONDS } from "../../functions/jobs/domain/challenge.ts";
import { MAX_FOLLOW_LIMIT_MINUTES, MAX_FOLLOW_SLICE_SECONDS } from "../../functions/jobs/domain/following.ts";
import { HIGHEST_MAX_RUNNING_JOBS } from "../../functions/jobs/domain/running.ts";
import { MAX_RETENTION_DAYS } from "../../functions/jobs/domain/times-to-live.ts";
import { MAX_WAITERS } from "../../functions/jobs/domain/waiting.ts";
import { isAppName } from "../../functions/links/domain/link.ts";
import { isReturnUrl } from "../../functions/links/domain/return-urls.ts";
import { MONITORING, type Monitoring } from "../../functions/platform/environment.ts";
import { MAX_ENDPOINTS } from "../../functions/webhooks/domain/endpoint.ts";
import type { Upstream } from "./upstream.ts";
import { isUpstreamUrl, withoutSlashAtTheEnd } from "./upstream-url.ts";

/**
 * Returns the props with the trailing slashes of the URL removed. Throws for a URL to which logins must not be sent. Does not
 * check a URL that is known only at deployment (a CDK token).
 */
export function checkedUpstream({ url, ...rest }: Upstream): Upstream {
  if (rest.webhookSecret !== undefined && rest.version !== "3.0") throw new Error(`${WEBHOOKS_NEED_3}.`);
  if (Token.isUnresolved(url)) return { ...rest, url };
  if (!isUpstreamUrl(url)) throw new Error("upstream.url must be an https address.");
  return { ...rest, url: withoutSlashAtTheEnd(url) };
}

/** Returns who takes logins. Throws if the aggregator's version does not allow what was asked for. */
export function checkedConnect(version: ApiVersion, asked: Connect | undefined): Connect {
  const connect = connectWith(version, asked);
  if (connect === undefined) throw new Error(`${DIRECT_NEEDS_2}.`);
  return connect;
}

export function checkedAnswerWait(seconds: number): number {
  return checkedWhole("answerWaitSeconds", seconds, 0, MAX_ANSWER_WAIT_SECONDS);
}

export function checkedWaiters(requests: number): number {
  return checkedWhole("waiters", requests, 0, MAX_WAITERS);
}

export function checkedRunningJobs(jobs: number): number {
  return checkedWhole("maxRunningJobs", jobs, 0, HIGHEST_MAX_RUNNING_JOBS);
}

export function checkedFollowLimit(minutes: number): number {
  return checkedWhole("followLimitMinutes", minutes, 1, MAX_FOLLOW_LIMIT_MINUTES);
}

export function checkedFollowSlice(seconds: number): number {
  return checkedWhole("followSliceSeconds", seconds, 0, MAX_FOLLOW_SLICE_SECONDS);
}

/** AWS knows no account with more functions at once. */
export const HIGHEST_CONCURRENCY = 99_999;

export function checkedConcurrency(functions: number): number {
  return checkedWhole("concurrency", functions, 1, HIGHEST_CONCURRENCY);
}

export function checkedFollowConcurrency(invocations: number | undefined): number | undefined {
  return invocations === undefined ? undefined : checkedWhole("followConcurrency", invocations, 1, 1_000);
}

export function checkedRetentionDays(days: number): number {
  return checkedWhole("retentionDays", days, 1, MAX_RETENTION_DAYS);
}

/** Returns for how many days the bus can replay events. Throws if there is an archive without a bus. */
export function checkedArchiveDays(eventBus: boolean, days: number): number {
  if (days > 0 && !eventBus) throw new Error(`${ARCHIVE_NEEDS_BUS}.`);
  return checkedWhole("eventArchiveDays", days, 0, MAX_RETENTION_DAYS);
}

export function checkedMaxWebhooks(webhooks: number): number {
  return checkedWhole("maxWebhooks", webhooks, 0, MAX_ENDPOINTS);
}

export function checkedMonitoring(given: string): Monitoring {
  const found = MONITORING.find((known) => known === given);
  if (found === undefined) throw new Error(`monitoring must be ${MONITORING.join(" or ")}.`);
  return found;
}

export const RETURN_URL_RULE =
  "must be https, a scheme of an app, or http on this machine, without commas, spaces, a user name and a password";
export const APP_NAME_RULE = "must have 1 to 60 characters";

/** Returns the addresses to which persons may go back after a link. */
export function checkedReturnUrls(urls: readonly string[]): readonly string[] {
  if (urls.every(isReturnUrl)) return urls;
  throw new Error(`Each of returnUrls ${RETURN_URL_RULE}.`);
}

/** Returns the name of the application; an empty text without one, so that pages name it in the language of their person. */
export function checkedAppName(name: string | undefined): string {
  if (name === undefined) return "";
  if (isAppName(name)) return name;
  throw new Error(`appName ${APP_NAME_RULE}.`);
}

/** That of Basiq, as it is published. */
export const DEFAULT_CONSENT_UI_URL = "https://consent.basiq.io/home";

/** Does not check an address that is known only at deployment (a CDK token). */
export function checkedConsentUi(url: string): string {
  if (Token.isUnresolved(url) || isUpstreamUrl(url)) return url;
  throw new Error("consentUiUrl must be an https address.");
}

export const WEBHOOKS_NEED_3 =
  "the secret of the aggregator's webhooks needs version 3.0 of the aggregator's API: earlier ones have no webhooks";

export const ARCHIVE_NEEDS_BUS = "eventArchiveDays needs eventBus: the archive is one of the bus";

/** Throws unless the value is a whole number from `min` to `max`. */
function checkedWhole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} must be a whole number from ${min} to ${max}.`);
}
