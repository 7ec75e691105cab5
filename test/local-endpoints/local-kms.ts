import { createPublicKey, type KeyObject } from "node:crypto";
import {
  DecryptCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
} from "@aws-sdk/client-kms";
import { onTestFinished } from "vitest";
import { startKms } from "../../infra/local/aws/kms/kms-endpoint.ts";
import { sdkSettings } from "./sdk-settings.ts";

const kmsKeys = [
  { keyId: "sealing", spec: "SYMMETRIC_DEFAULT", alias: "alias/logins" },
  { keyId: "other", spec: "SYMMETRIC_DEFAULT" },
  { keyId: "arn:aws:kms:eu-west-1:123456789012:key/signing", spec: "ECC_NIST_P256" },
] as const;
export const plaintext = Buffer.from("a login");
export const context = { userId: "u", jobId: "j" };

/** The endpoint behind the SDK's client, until the test is over. */
export async function localKms(keyFile?: string) {
  const endpoint = await startKms({ keys: kmsKeys, ...(keyFile !== undefined && { keyFile }) });
  const client = new KMSClient(sdkSettings(endpoint.url));
  onTestFinished(async () => {
    await endpoint.close();
    client.destroy();
  });
  return {
    client,
    async seal(KeyId = "sealing"): Promise<Uint8Array> {
      const input = { KeyId, Plaintext: plaintext, EncryptionContext: context };
      return (await client.send(new EncryptCommand(input))).CiphertextBlob ?? new Uint8Array();
    },
    async open(CiphertextBlob: Uint8Array, EncryptionContext: Record<string, string> = context) {
      const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
      return Buffer.from(Plaintext ?? []);
    },
    async sign(Message: Uint8Array): Promise<Buffer> {
      const input = { KeyId: "signing", Message, SigningAlgorithm: "ECDSA_SHA_256" } as const;
      return Buffer.from((await client.send(new SignCommand(input))).Signature ?? []);
    },
    async publicKey(): Promise<KeyObject> {
      const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: "signing" }));
      return createPublicKey({ key: Buffer.from(PublicKey ?? []), format: "der", type: "spki" });
    },
  };
}
