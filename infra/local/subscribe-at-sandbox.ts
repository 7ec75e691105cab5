import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { aggregatorAt } from "../upstream-webhooks/aggregator.ts";
import { receiverOf, subscribe } from "../upstream-webhooks/subscribe.ts";

export interface AtSandbox {
  sandboxUrl: string;
  apiKey: string;
  apiUrl: string;
  webhookSecret: string;
}

/**
 * Subscribes the local system to all events of its sandbox, so that nobody has to set anything up. A webhook that an earlier
 * start left at another port is deleted.
 */
export async function subscribeAtSandbox({
  sandboxUrl,
  apiKey,
  apiUrl,
  webhookSecret,
}: AtSandbox): Promise<void> {
  const aggregator = aggregatorAt(sandboxUrl, new Secret(apiKey));
  const client = new SecretsManagerClient({});
  try {
    for (const { id, url } of await aggregator.list()) {
      if (url !== receiverOf(apiUrl)) await aggregator.remove(id);
    }
    await subscribe({
      aggregator,
      apiUrl,
      async storeSecret(secret) {
        const stored = { SecretId: webhookSecret, SecretString: secret.reveal() };
        await client.send(new PutSecretValueCommand(stored));
      },
    });
  } finally {
    client.destroy();
  }
}
