import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { Secret } from "../../functions/jobs/domain/secret.ts";
import { secretsManagerSecret } from "../../functions/platform/secrets-manager.ts";
import { askLocalMode } from "../cli/ask-local-mode.ts";
import { stackOutput } from "../cli/stack-output.ts";

/** Selects the deployment: by the name of its stack, or by the URL of local mode. */
export type Where = { stack: string } | { local: string };

export interface Deployment {
  apiUrl: string;
  upstreamUrl: string;
  apiKey: Secret;
  storeSecret(secret: Secret): Promise<void>;
  close(): void;
}

/**
 * Finds a deployment that takes the aggregator's webhooks. For AWS, the SDK takes region and credentials from the environment
 * and its configuration files.
 *
 * @throws an `Error` with a one-line message if there is none.
 */
export async function findDeployment(where: Where): Promise<Deployment> {
  const { apiUrl, upstreamUrl, apiKeySecret, webhookSecret, client } =
    "local" in where ? await findLocally(where.local) : await findStack(where.stack);
  return {
    apiUrl,
    upstreamUrl,
    apiKey: await secretsManagerSecret(client, apiKeySecret)(),
    storeSecret: (secret) => store(client, webhookSecret, secret),
    close: () => client.destroy(),
  };
}

async function findLocally(url: string) {
  const { upstream } = await askLocalMode(url, "name its address after --local");
  if (upstream === undefined) {
    throw new Error(
      "Local mode takes webhooks of the aggregator only with UPSTREAM_VERSION=3.0 and its sandbox.",
    );
  }
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const { secretsManager: endpoint, url: upstreamUrl, webhookSecret } = upstream;
  const client = new SecretsManagerClient({ endpoint, region: "us-east-1", credentials });
  return { apiUrl: new URL(url).origin, upstreamUrl, apiKeySecret: "api-key", webhookSecret, client };
}

async function findStack(stack: string) {
  const cloudFormation = new CloudFormationClient({});
  try {
    const output = (name: string) => stackOutput(cloudFormation, stack, name);
    const apiUrl = await output("ApiUrl");
    const webhookSecret = await output("UpstreamWebhookSecretName").catch(() => {
      throw new Error(
        `The stack ${stack} takes no webhooks of the aggregator: deploy it with upstreamWebhookSecret.`,
      );
    });
    const upstreamUrl = await output("UpstreamUrl");
    const apiKeySecret = await output("UpstreamApiKeySecretName");
    return { apiUrl, upstreamUrl, apiKeySecret, webhookSecret, client: new SecretsManagerClient({}) };
  } finally {
    cloudFormation.destroy();
  }
}

/** Stores a new version of the secret, or makes the secret. */
async function store(client: SecretsManagerClient, name: string, secret: Secret): Promise<void> {
  const SecretString = secret.reveal();
  try {
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    const Description = "Signs the webhooks that the aggregator sends to Connection Jobs";
    await client.send(new CreateSecretCommand({ Name: name, SecretString, Description }));
  }
}
