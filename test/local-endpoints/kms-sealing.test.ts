import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
} from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { context, localKms, plaintext } from "./local-kms.ts";

test("opens what it sealed, whatever the order of the context", async () => {
  const kms = await localKms();
  const blob = await kms.seal();
  expect(await kms.open(blob, { jobId: "j", userId: "u" })).toEqual(plaintext);
  expect(Buffer.from(blob).includes(plaintext)).toBe(false);
  expect(await kms.seal()).not.toEqual(blob);
});

test.each([{ jobId: "j" }, { jobId: "j", userId: "v" }, {}, { jobId: "u", userId: "j" }])(
  "refuses the context %j",
  async (wrong) => {
    const kms = await localKms();
    const opening = kms.open(await kms.seal(), wrong);
    await expect(opening).rejects.toMatchObject({ name: "InvalidCiphertextException" });
  },
);

test("refuses a blob with any byte changed, and a cut one", async () => {
  const kms = await localKms();
  const blob = await kms.seal();
  for (const index of blob.keys()) {
    const tampered = blob.map((byte, at) => (at === index ? byte ^ 1 : byte));
    await expect(kms.open(tampered), `byte ${index}`).rejects.toMatchObject({
      name: "InvalidCiphertextException",
    });
  }
  await expect(kms.open(blob.subarray(0, 20))).rejects.toMatchObject({ name: "InvalidCiphertextException" });
});

test.each([
  "sealing",
  "key/sealing",
  "arn:aws:kms:eu-west-1:1:key/sealing",
  "alias/logins",
  "arn:aws:kms:x:1:alias/logins",
])("knows a key as %s", async (KeyId) => {
  const kms = await localKms();
  const CiphertextBlob = await kms.seal(KeyId);
  const command = new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: context });
  expect((await kms.client.send(command)).KeyId).toMatch(/:key\/sealing$/);
});

test("opens with the named key only", async () => {
  const kms = await localKms();
  const CiphertextBlob = await kms.seal();
  const decrypt = (KeyId: string) =>
    kms.client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: context }));
  await expect(decrypt("other")).rejects.toMatchObject({ name: "IncorrectKeyException" });
  await expect(decrypt("nobody")).rejects.toMatchObject({ name: "NotFoundException" });
  await expect(decrypt("signing")).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
});

test("takes up to 4096 bytes, with the names of the real errors for the rest", async () => {
  const { client } = await localKms();
  const encrypt = (KeyId: string, size: number) =>
    client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(size, 1) }));
  await encrypt("sealing", 4096);
  await expect(encrypt("sealing", 4097)).rejects.toMatchObject({ name: "ValidationException" });
  await expect(encrypt("nobody", 1)).rejects.toMatchObject({ name: "NotFoundException" });
  await expect(encrypt("signing", 1)).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
  const publicKey = client.send(new GetPublicKeyCommand({ KeyId: "sealing" }));
  await expect(publicKey).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
});

test("names an operation that it does not have", async () => {
  const { client } = await localKms();
  const command = new GenerateDataKeyCommand({ KeyId: "sealing", KeySpec: "AES_256" });
  await expect(client.send(command)).rejects.toMatchObject({
    name: "UnknownOperationException",
    $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[\da-f-]{36}$/) },
  });
});
