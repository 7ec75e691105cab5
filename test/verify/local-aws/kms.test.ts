import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  SignCommand,
} from "@aws-sdk/client-kms";
import { compactVerify } from "jose";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { localKms } from "../../support/local-aws.ts";

const plaintext = Buffer.from("a login");
const context = { userId: "u", jobId: "j" };
const NOT_OPENED = { name: "InvalidCiphertextException" };

/** Each with keys of its own, unless they share a file. */
async function startKms(keyFile?: string) {
  const { client, close } = await localKms(keyFile);
  onTestFinished(close);
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

let kms: Awaited<ReturnType<typeof startKms>>;
beforeEach(async () => {
  kms = await startKms();
});

describe("A sealed text", () => {
  test("opens with its context in any order, and is different each time", async () => {
    const blob = await kms.seal();
    expect(await kms.open(blob, { jobId: "j", userId: "u" })).toEqual(plaintext);
    expect(Buffer.from(blob).includes(plaintext)).toBe(false);
    expect(await kms.seal()).not.toEqual(blob);
  });

  test.each([{ jobId: "j" }, { jobId: "j", userId: "v" }, {}, { jobId: "u", userId: "j" }])(
    "does not open with the context %j",
    async (wrong) => {
      await expect(kms.open(await kms.seal(), wrong)).rejects.toMatchObject(NOT_OPENED);
    },
  );

  test("does not open with any byte changed, when it is cut, or with the keys of another start", async () => {
    const blob = await kms.seal();
    for (const index of blob.keys()) {
      const tampered = blob.map((byte, at) => (at === index ? byte ^ 1 : byte));
      await expect(kms.open(tampered), `byte ${index}`).rejects.toMatchObject(NOT_OPENED);
    }
    await expect(kms.open(blob.subarray(0, 20))).rejects.toMatchObject(NOT_OPENED);
    await expect((await startKms()).open(blob)).rejects.toMatchObject(NOT_OPENED);
  });
});

test.each([
  "sealing",
  "key/sealing",
  "arn:aws:kms:eu-west-1:1:key/sealing",
  "alias/logins",
  "arn:aws:kms:x:1:alias/logins",
])("A key is found as %s", async (KeyId) => {
  const CiphertextBlob = await kms.seal(KeyId);
  const command = new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: context });
  expect((await kms.client.send(command)).KeyId).toMatch(/:key\/sealing$/);
});

describe("A request is refused with the error of AWS", () => {
  const encrypt = (KeyId: string, size = 1) =>
    kms.client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(size, 1) }));
  const decrypt = async (KeyId: string) =>
    kms.client.send(
      new DecryptCommand({ KeyId, CiphertextBlob: await kms.seal(), EncryptionContext: context }),
    );

  test.each<[string, string, () => Promise<unknown>]>([
    ["opens with another key", "IncorrectKeyException", () => decrypt("of-another-stage")],
    ["opens with a missing key", "NotFoundException", () => decrypt("nobody")],
    ["opens with a signing key", "InvalidKeyUsageException", () => decrypt("signing")],
    ["seals with a missing key", "NotFoundException", () => encrypt("nobody")],
    ["seals with a signing key", "InvalidKeyUsageException", () => encrypt("signing")],
    ["seals 4,097 bytes", "ValidationException", () => encrypt("sealing", 4097)],
    ["signs 4,097 bytes", "ValidationException", () => kms.sign(Buffer.alloc(4097))],
    [
      "asks for the public key of a sealing key",
      "InvalidKeyUsageException",
      () => kms.client.send(new GetPublicKeyCommand({ KeyId: "sealing" })),
    ],
  ])("when it %s: %s", async (_, name, request) => {
    await expect(request()).rejects.toMatchObject({ name });
  });

  test("when its operation is missing, with a request id", async () => {
    const command = new GenerateDataKeyCommand({ KeyId: "sealing", KeySpec: "AES_256" });
    await expect(kms.client.send(command)).rejects.toMatchObject({
      name: "UnknownOperationException",
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[\da-f-]{36}$/) },
    });
  });

  test("but not when it seals or signs 4,096 bytes", async () => {
    await encrypt("sealing", 4096);
    await kms.sign(Buffer.alloc(4096));
  });
});

describe("A signature", () => {
  test("is DER, of its message only", async () => {
    const key = await kms.publicKey();
    for (let index = 0; index < 32; index++) {
      const message = Buffer.from(`message ${index}`);
      const signature = await kms.sign(message);
      expect(verify("sha256", message, key, signature)).toBe(true);
      expect(verify("sha256", Buffer.from("another"), key, signature)).toBe(false);
    }
  });

  test("is accepted by a JWT library, in the form of JWS", async () => {
    const header = Buffer.from('{"alg":"ES256"}').toString("base64url");
    const payload = Buffer.from('{"scope":"SERVER_ACCESS"}').toString("base64url");
    const signature = joseSignature(await kms.sign(Buffer.from(`${header}.${payload}`)));
    const jws = `${header}.${payload}.${signature.toString("base64url")}`;
    const verified = await compactVerify(jws, await kms.publicKey());
    expect(verified.protectedHeader.alg).toBe("ES256");
  });

  /** DER to the two 32 byte numbers of JWS. */
  function joseSignature(der: Buffer): Buffer {
    const rLength = der[3] ?? 0;
    const numbers = [der.subarray(4, 4 + rLength), der.subarray(6 + rLength)];
    return Buffer.concat(numbers.map((number) => Buffer.concat([Buffer.alloc(32), number]).subarray(-32)));
  }
});

describe("The key file", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "kms-"));
    onTestFinished(() => rm(directory, { recursive: true }));
  });

  test("keeps the keys for the next start, and only its owner may read it", async () => {
    const keyFile = join(directory, "new", "keys.json");
    const before = await startKms(keyFile);
    const blob = await before.seal();
    await chmod(keyFile, 0o644);
    const after = await startKms(keyFile);
    expect(await after.open(blob)).toEqual(plaintext);
    expect((await after.publicKey()).equals(await before.publicKey())).toBe(true);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, "new"))).toEqual(["keys.json"]);
  });

  test("that is broken is refused without a quotation of it", async () => {
    const keyFile = join(directory, "broken.json");
    await writeFile(keyFile, '{"sealing": {"spec": "SECRET"');
    await expect(startKms(keyFile)).rejects.toThrow(/broken\.json is not a key file of this program\.$/);
  });
});
