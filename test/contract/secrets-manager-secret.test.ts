import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { secretsManagerSecret } from "../../functions/platform/secrets-manager.ts";
import { startSecretsManager } from "../../infra/local/aws/secrets-manager/secrets-manager-endpoint.ts";

const closers: (() => Promise<void>)[] = [];
let reading: (value: string) => Promise<() => Promise<{ reveal(): string }>>;

beforeAll(() => {
  reading = async (value) => {
    const endpoint = await startSecretsManager({ value });
    const client = new SecretsManagerClient({
      endpoint: endpoint.url,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    closers.push(endpoint.close, async () => client.destroy());
    return secretsManagerSecret(client, "the/secret");
  };
});
afterAll(() => Promise.all(closers.map((close) => close())));

test("a secret is read as it is, and what a shell or an editor put around it is left out", async () => {
  expect((await (await reading("abc=="))()).reveal()).toBe("abc==");
  expect((await (await reading("\uFEFFabc==\r\n"))()).reveal()).toBe("abc==");
});

test.each(["", "\n", "a\nb", "kéy"])(
  "a secret without usable text is an error that does not show it: %o",
  async (value) => {
    await expect((await reading(value))()).rejects.toThrow("A secret that is needed has no usable text.");
  },
);
