import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Secret } from "../jobs/domain/secret.ts";

/** As a header can hold it. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/** A secret that an operator keeps, read anew each time, so that a rotated one is taken without a deployment. */
export function secretsManagerSecret(client: SecretsManagerClient, secretId: string): () => Promise<Secret> {
  return async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    // What stands around it comes from a shell or an editor, never from the aggregator.
    const value = SecretString?.trim() ?? "";
    if (!PRINTABLE.test(value)) throw new Error("A secret that is needed has no usable text.");
    return new Secret(value);
  };
}
