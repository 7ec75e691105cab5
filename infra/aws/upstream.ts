import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ApiVersion } from "../../functions/access/caller.ts";
import { grantReading } from "./grants.ts";

/** The aggregator that connects to banks. */
export interface Upstream {
  /** Without a trailing slash. */
  readonly url: string;
  /** The value of the `basiq-version` header. */
  readonly version: ApiVersion;
  /** Contains the aggregator's API key as plain text. */
  readonly apiKeySecret: ISecret;
  /**
   * Contains the secret of the aggregator's webhook, `whsec_…`, which `npm run upstream-webhooks -- subscribe` stores. Needs
   * version 3.0. Default: the deployment takes no webhooks of the aggregator.
   */
  readonly webhookSecret?: ISecret;
}

/**
 * Returns the environment of a function that calls the aggregator. Functions read the API key at run time, so the key is not in the
 * template or in an environment.
 */
export function upstreamEnvironment({ url, version, apiKeySecret }: Upstream): Record<string, string> {
  return {
    UPSTREAM_URL: url,
    UPSTREAM_VERSION: version,
    UPSTREAM_API_KEY_SECRET: apiKeySecret.secretFullArn ?? apiKeySecret.secretName,
  };
}

/** Returns the environment of the function that takes the aggregator's webhooks. */
export function webhookEnvironment({ webhookSecret }: Upstream): Record<string, string> {
  if (webhookSecret === undefined) return {};
  return { UPSTREAM_WEBHOOK_SECRET: webhookSecret.secretFullArn ?? webhookSecret.secretName };
}

/** Grants reading the aggregator's API key. */
export function grantUpstream({ apiKeySecret }: Upstream, ...grantees: IGrantable[]) {
  for (const grantee of grantees) grantReading(apiKeySecret, grantee);
}
