import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Secret } from "../domain/secret.ts";

/** A secret that an operator keeps, read anew each time, so that a rotated one is taken without a deployment. */
export function secretsManagerSecret(client: SecretsManagerClient, secretId: string): () => Promise<Secret> {
  return async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    // A line end comes from a shell, never from the aggregator.
    const value = SecretString?.trimEnd() ?? "";
    if (value === "") throw new Error("A secret that is needed has no text.");
    return new Secret(value);
  };
}
