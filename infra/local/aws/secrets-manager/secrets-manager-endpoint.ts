import * as z from "zod";
import { type AwsJsonEndpoint, startAwsJsonEndpoint } from "../aws-json-endpoint.ts";

const getInput = z.object({ SecretId: z.string() });

/** Stands in for Secrets Manager, with one value for every secret: there is one, upstream's API key. */
export function startSecretsManager(options: { readonly value: string }): Promise<AwsJsonEndpoint> {
  const operations = {
    GetSecretValue: async (input: unknown) => ({
      Name: getInput.parse(input).SecretId,
      SecretString: options.value,
    }),
  };
  return startAwsJsonEndpoint({ targetPrefix: "secretsmanager", operations });
}
