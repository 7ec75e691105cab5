import { createPublicKey, sign } from "node:crypto";
import * as z from "zod";
import { AwsError, type AwsJsonEndpoint, startAwsJsonEndpoint } from "../aws-json-endpoint.ts";
import { decryptBlob, encryptBlob, invalidCiphertext, keyIdOfBlob } from "./kms-ciphertext.ts";
import { type KmsKey, type KmsKeySpec, loadKmsKeys } from "./kms-keys.ts";

const MAX_PLAINTEXT_BYTES = 4096;

const bytes = z.base64().transform((value) => Buffer.from(value, "base64"));
const context = z.record(z.string(), z.string()).nullish();
const encryptInput = z.object({ KeyId: z.string(), Plaintext: bytes, EncryptionContext: context });
const decryptInput = z.object({
  KeyId: z.string().nullish(),
  CiphertextBlob: bytes,
  EncryptionContext: context,
});
const signInput = z.object({
  KeyId: z.string(),
  Message: bytes,
  /** node:crypto cannot sign a digest, and no caller needs to. */
  MessageType: z.literal("RAW").default("RAW"),
  SigningAlgorithm: z.string(),
});
const getPublicKeyInput = z.object({ KeyId: z.string() });

export interface KmsKeyRequest {
  /** A key id or an ARN. */
  readonly keyId: string;
  readonly spec: KmsKeySpec;
  /** For example `alias/tokens`. */
  readonly alias?: string;
}

/**
 * Starts a local KMS with Encrypt, Decrypt, Sign and GetPublicKey. Without `keyFile`, the keys are lost when the process ends.
 */
export async function startKms(options: {
  readonly keys: readonly KmsKeyRequest[];
  readonly keyFile?: string;
  readonly port?: number;
}): Promise<AwsJsonEndpoint> {
  const wanted = options.keys.map(({ keyId, spec }) => ({ id: plainId(keyId), spec }));
  const keys = loadKmsKeys(wanted, options.keyFile);
  const aliases = new Map(options.keys.map(({ alias, keyId }) => [alias, plainId(keyId)]));
  const find = (reference: string): KmsKey => {
    const id = plainId(reference);
    const key = keys.get(aliases.get(id) ?? id);
    if (key === undefined) throw new AwsError("NotFoundException", "The key does not exist.");
    return key;
  };
  const operations = {
    Encrypt: async (input: unknown) => encrypt(find, encryptInput.parse(input)),
    Decrypt: async (input: unknown) => decrypt(find, keys, decryptInput.parse(input)),
    Sign: async (input: unknown) => signMessage(find, signInput.parse(input)),
    GetPublicKey: async (input: unknown) => getPublicKey(find, getPublicKeyInput.parse(input)),
  };
  return startAwsJsonEndpoint({ targetPrefix: "TrentService", operations, port: options.port ?? 0 });
}

type Find = (reference: string) => KmsKey;

function encrypt(find: Find, input: z.infer<typeof encryptInput>): object {
  const key = symmetric(find(input.KeyId));
  if (input.Plaintext.length === 0 || input.Plaintext.length > MAX_PLAINTEXT_BYTES) {
    throw new AwsError("ValidationException", `Plaintext must have 1 to ${MAX_PLAINTEXT_BYTES} bytes.`);
  }
  const blob = encryptBlob(key, input.Plaintext, input.EncryptionContext ?? {});
  return { CiphertextBlob: blob.toString("base64"), KeyId: arnOf(key), EncryptionAlgorithm: key.spec };
}

function decrypt(find: Find, keys: Map<string, KmsKey>, input: z.infer<typeof decryptInput>): object {
  const wanted = input.KeyId ? symmetric(find(input.KeyId)) : undefined;
  const made = keys.get(keyIdOfBlob(input.CiphertextBlob));
  if (made?.spec !== "SYMMETRIC_DEFAULT") throw invalidCiphertext();
  if (wanted !== undefined && wanted.id !== made.id) {
    throw new AwsError("IncorrectKeyException", "The key is not the one that encrypted this ciphertext.");
  }
  const plaintext = decryptBlob(made, input.CiphertextBlob, input.EncryptionContext ?? {});
  return { Plaintext: plaintext.toString("base64"), KeyId: arnOf(made), EncryptionAlgorithm: made.spec };
}

function signMessage(find: Find, input: z.infer<typeof signInput>): object {
  const key = elliptic(find(input.KeyId));
  if (input.SigningAlgorithm !== "ECDSA_SHA_256") throw invalidUsage();
  const size = input.Message.length;
  if (size === 0 || size > MAX_PLAINTEXT_BYTES) {
    throw new AwsError("ValidationException", `Message must have 1 to ${MAX_PLAINTEXT_BYTES} bytes.`);
  }
  return {
    Signature: sign("sha256", input.Message, key.privateKey).toString("base64"),
    KeyId: arnOf(key),
    SigningAlgorithm: input.SigningAlgorithm,
  };
}

function getPublicKey(find: Find, input: z.infer<typeof getPublicKeyInput>): object {
  const key = elliptic(find(input.KeyId));
  const spki = createPublicKey(key.privateKey).export({ type: "spki", format: "der" });
  return {
    KeyId: arnOf(key),
    KeySpec: key.spec,
    KeyUsage: "SIGN_VERIFY",
    PublicKey: spki.toString("base64"),
    SigningAlgorithms: ["ECDSA_SHA_256"],
  };
}

function symmetric(key: KmsKey): Extract<KmsKey, { spec: "SYMMETRIC_DEFAULT" }> {
  if (key.spec !== "SYMMETRIC_DEFAULT") throw invalidUsage();
  return key;
}

function elliptic(key: KmsKey): Extract<KmsKey, { spec: "ECC_NIST_P256" }> {
  if (key.spec !== "ECC_NIST_P256") throw invalidUsage();
  return key;
}

function invalidUsage(): AwsError {
  return new AwsError("InvalidKeyUsageException", "The key cannot be used in this way.");
}

/** Removes the ARN prefix: `arn:aws:kms:R:A:key/ID` becomes `ID`, and `arn:aws:kms:R:A:alias/NAME` becomes `alias/NAME`. */
function plainId(reference: string): string {
  return reference.replace(/^arn:[^/]*:(?=key\/|alias\/)/, "").replace(/^key\//, "");
}

function arnOf(key: KmsKey): string {
  return `arn:aws:kms:us-east-1:000000000000:key/${key.id}`;
}
