import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynamoDb } from "../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { startKms } from "../../../infra/local/aws/kms/kms-endpoint.ts";
import { startSecretsManager } from "../../../infra/local/aws/secrets-manager/secrets-manager-endpoint.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { startStepFunctions } from "../../../infra/local/step-functions/step-functions-endpoint.ts";

const started = new Map<string, { url: string; close(): Promise<void> }>();
beforeAll(async () => {
  started.set("DynamoDB", await startDynamoDb({ tables: [] }));
  started.set("KMS", await startKms({ keys: [] }));
  started.set("Secrets Manager", await startSecretsManager({ value: "the-key" }));
  started.set("Step Functions", await startStepFunctions({ stateMachines: [] }));
});
afterAll(() => Promise.all([...started.values()].map(({ close }) => close())));

async function statusOf(name: string, method: string, headers: Record<string, string>): Promise<number> {
  const asked = request(started.get(name)?.url ?? "", {
    method,
    headers: { "x-amz-target": "secretsmanager.GetSecretValue", ...headers },
  }).end(method === "POST" ? '{"SecretId":"any"}' : "");
  const answered: Promise<[IncomingMessage]> = once(asked, "response").then(([reply]) => [reply]);
  const [reply] = await answered;
  reply.resume();
  return reply.statusCode ?? 0;
}

test.each(["DynamoDB", "KMS", "Secrets Manager", "Step Functions"])(
  "%s refuses the requests of a web page, and answers a program",
  async (name) => {
    const foreign = [
      { host: "evil.example" },
      { host: "localhost.evil.example" },
      { origin: "https://evil.example" },
    ];
    for (const headers of foreign) {
      expect(await statusOf(name, "POST", headers)).toBe(403);
      expect(await statusOf(name, "OPTIONS", headers)).toBe(403);
    }
    expect(await statusOf(name, "POST", {})).not.toBe(403);
  },
);

test("A local server listens on 127.0.0.1 only", async () => {
  const server = createServer();
  const { url, close } = await listenLocally(server);
  expect(server.address()).toMatchObject({ address: "127.0.0.1", family: "IPv4" });
  expect(new URL(url).hostname).toBe("127.0.0.1");
  await close();
});
