import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AwsError } from "../aws-json-endpoint.ts";

export type EncryptionContext = Readonly<Record<string, string>>;

const FORMAT_VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts with AES-256-GCM. Layout of the blob: version, length of the key id, key id, IV, tag, ciphertext. */
export function encryptBlob(
  key: { readonly id: string; readonly secret: Buffer },
  plaintext: Buffer,
  context: EncryptionContext,
): Buffer {
  const header = headerOf(key.id);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key.secret, iv);
  cipher.setAAD(additionalData(header, context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext]);
}

/**
 * Decrypts a blob of `encryptBlob`.
 *
 * @throws InvalidCiphertextException if the blob was changed or the context differs from the context of the encryption.
 */
export function decryptBlob(
  key: { readonly id: string; readonly secret: Buffer },
  blob: Buffer,
  context: EncryptionContext,
): Buffer {
  const header = headerOf(key.id);
  const sealed = blob.subarray(header.length);
  if (sealed.length <= IV_BYTES + TAG_BYTES) throw invalidCiphertext();
  const decipher = createDecipheriv("aes-256-gcm", key.secret, sealed.subarray(0, IV_BYTES));
  decipher.setAAD(additionalData(header, context));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

/**
 * Returns the key id in the blob. The id is not authenticated until the blob is decrypted.
 *
 * @throws InvalidCiphertextException if the blob has another format.
 */
export function keyIdOfBlob(blob: Buffer): string {
  const idLength = blob[1] ?? 0;
  if (blob[0] !== FORMAT_VERSION || blob.length < 2 + idLength) throw invalidCiphertext();
  return blob.subarray(2, 2 + idLength).toString("utf8");
}

export function invalidCiphertext(): AwsError {
  return new AwsError("InvalidCiphertextException", "The ciphertext or its encryption context is not valid.");
}

function headerOf(keyId: string): Buffer {
  const id = Buffer.from(keyId, "utf8");
  return Buffer.concat([Buffer.from([FORMAT_VERSION, id.length]), id]);
}

function additionalData(header: Buffer, context: EncryptionContext): Buffer {
  const sorted = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(sorted), "utf8")]);
}
