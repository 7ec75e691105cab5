import * as z from "zod";
import { type AwsJsonEndpoint, startAwsJsonEndpoint } from "../aws-json-endpoint.ts";

const getInput = z.object({ SecretId: z.string() });

/**
 * Starts a local Secrets Manager that returns `value` for every secret id. The system has only one secret, the aggregator's API key.
 */
export function startSecretsManager(options: { readonly value: string }): Promise<AwsJsonEndpoint> {
  const operations = {
    GetSecretValue: async (input: unknown) => ({
      Name: getInput.parse(input).SecretId,
      SecretString: options.value,
    }),
  };
  return startAwsJsonEndpoint({ targetPrefix: "secretsmanager", operations });
}
