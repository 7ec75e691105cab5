import { KMSClient } from "@aws-sdk/client-kms";
import { startKms } from "../../infra/local/aws/kms/kms-endpoint.ts";

/** Sealing and signing keys, behind the SDK's own client. Counts what was asked for. */
export async function localKms() {
  const endpoint = await startKms({
    keys: [
      { keyId: "sealing", spec: "SYMMETRIC_DEFAULT" },
      { keyId: "of-another-stage", spec: "SYMMETRIC_DEFAULT" },
      { keyId: "signing", spec: "ECC_NIST_P256" },
      { keyId: "another", spec: "ECC_NIST_P256" },
    ],
  });
  const client = new KMSClient({
    endpoint: endpoint.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  const asked: string[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      asked.push(String(context.commandName));
      return next(args);
    },
    { step: "initialize" },
  );
  return {
    client,
    asked,
    close: async () => {
      client.destroy();
      await endpoint.close();
    },
  };
}
