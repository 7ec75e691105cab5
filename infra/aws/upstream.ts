import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ApiVersion } from "../../functions/access/caller.ts";
import { grantReading } from "./grants.ts";

/** The aggregator. */
export interface Upstream {
  /** Without a slash at the end. */
  readonly url: string;
  /** Its `basiq-version`. */
  readonly version: ApiVersion;
  /** Holds its API key as plain text. */
  readonly apiKeySecret: ISecret;
}

/** How a function reaches upstream. The API key itself is read while it runs: it is in no template and no environment. */
export function upstreamEnvironment({ url, version, apiKeySecret }: Upstream): Record<string, string> {
  return {
    UPSTREAM_URL: url,
    UPSTREAM_VERSION: version,
    UPSTREAM_API_KEY_SECRET: apiKeySecret.secretFullArn ?? apiKeySecret.secretName,
  };
}

export function grantUpstream({ apiKeySecret }: Upstream, ...grantees: IGrantable[]) {
  for (const grantee of grantees) grantReading(apiKeySecret, grantee);
}
