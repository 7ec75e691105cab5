import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** The text of the secret that holds the API key. Throws when it has none: no key at all would let everybody in. */
export async function readApiKey(client: SecretsManagerClient, secretId: string): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  const key = SecretString?.trimEnd() ?? "";
  if (key === "") throw new Error("The secret of the API key has no text.");
  return key;
}
