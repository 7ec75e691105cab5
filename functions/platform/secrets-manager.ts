import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Secret } from "../jobs/domain/secret.ts";

/** The characters that a header may contain. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Reads an operator's secret, again at each call, so that a rotated secret takes effect without a deployment. Throws
 * if the secret is empty or not printable ASCII.
 */
export function secretsManagerSecret(client: SecretsManagerClient, secretId: string): () => Promise<Secret> {
  return async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    // Surrounding white space comes from a shell or an editor, never from the aggregator.
    const value = SecretString?.trim() ?? "";
    if (!PRINTABLE.test(value)) throw new Error("A secret that is needed has no usable text.");
    return new Secret(value);
  };
}
