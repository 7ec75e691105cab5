import * as z from "zod";
import { type AwsJsonEndpoint, startAwsJsonEndpoint } from "../aws-json-endpoint.ts";

const getInput = z.object({ SecretId: z.string() });
const putInput = z.object({ SecretId: z.string(), SecretString: z.string() });

/**
 * Starts a local Secrets Manager. It returns the value that was stored last under a secret id, or else `value`, the aggregator's
 * API key.
 */
export function startSecretsManager(options: { readonly value: string }): Promise<AwsJsonEndpoint> {
  const stored = new Map<string, string>();
  const operations = {
    GetSecretValue: async (input: unknown) => {
      const { SecretId: Name } = getInput.parse(input);
      return { Name, SecretString: stored.get(Name) ?? options.value };
    },
    PutSecretValue: async (input: unknown) => {
      const { SecretId: Name, SecretString } = putInput.parse(input);
      stored.set(Name, SecretString);
      return { Name };
    },
  };
  return startAwsJsonEndpoint({ targetPrefix: "secretsmanager", operations });
}
