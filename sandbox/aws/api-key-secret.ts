import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/**
 * Reads the API key from Secrets Manager. Throws if the secret has no text, because without a key the sandbox would accept
 * every caller.
 */
export async function readApiKey(client: SecretsManagerClient, secretId: string): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  const key = SecretString?.trimEnd() ?? "";
  if (key === "") throw new Error("The secret of the API key has no text.");
  return key;
}
