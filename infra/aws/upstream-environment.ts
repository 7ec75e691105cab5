import { SecretValue } from "aws-cdk-lib";
import type { Settings } from "./settings.ts";

/** How a function reaches upstream. The API key is a reference that is resolved while deploying, never in the template. */
export function upstreamEnvironment(settings: Settings): Record<string, string> {
  return {
    UPSTREAM_URL: settings.upstreamUrl,
    UPSTREAM_VERSION: settings.upstreamVersion,
    UPSTREAM_API_KEY: SecretValue.secretsManager(settings.upstreamApiKeySecret).unsafeUnwrap(),
  };
}
