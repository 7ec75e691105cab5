import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";

export type KmsKeySpec = "SYMMETRIC_DEFAULT" | "ECC_NIST_P256";

export type KmsKey =
  | { readonly id: string; readonly spec: "SYMMETRIC_DEFAULT"; readonly secret: Buffer }
  | { readonly id: string; readonly spec: "ECC_NIST_P256"; readonly privateKey: KeyObject };

const storedKeys = z.record(
  z.string(),
  z.object({ spec: z.enum(["SYMMETRIC_DEFAULT", "ECC_NIST_P256"]), material: z.base64() }),
);
type StoredKeys = z.infer<typeof storedKeys>;

/**
 * Returns a key with random key material for each wanted id. With `keyFile`, reads stored keys from the file and adds missing
 * keys (mode 0600).
 *
 * @throws an `Error` if the file is not a key file, or if a stored key has another spec.
 */
export function loadKmsKeys(
  wanted: readonly { readonly id: string; readonly spec: KmsKeySpec }[],
  keyFile: string | undefined,
): Map<string, KmsKey> {
  const stored = keyFile === undefined ? {} : readKeyFile(keyFile);
  const missing = wanted.filter(({ id }) => stored[id] === undefined);
  for (const { id, spec } of missing) stored[id] = { spec, material: newMaterial(spec).toString("base64") };
  if (keyFile !== undefined && missing.length > 0) writeKeyFile(keyFile, stored);
  return new Map(wanted.map(({ id, spec }) => [id, keyFrom(id, spec, stored[id])]));
}

function readKeyFile(keyFile: string): StoredKeys {
  if (!existsSync(keyFile)) return {};
  chmodSync(keyFile, 0o600);
  try {
    return storedKeys.parse(JSON.parse(readFileSync(keyFile, "utf8")));
  } catch {
    // The parser's message would quote the file, which contains keys.
    throw new Error(`${keyFile} is not a key file of this program.`);
  }
}

function writeKeyFile(keyFile: string, keys: StoredKeys): void {
  mkdirSync(dirname(keyFile), { recursive: true });
  const draft = `${keyFile}.${process.pid}.new`;
  writeFileSync(draft, JSON.stringify(keys), { mode: 0o600 });
  renameSync(draft, keyFile);
}

function newMaterial(spec: KmsKeySpec): Buffer {
  if (spec === "SYMMETRIC_DEFAULT") return randomBytes(32);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "der" });
}

function keyFrom(id: string, spec: KmsKeySpec, stored: StoredKeys[string] | undefined): KmsKey {
  if (stored?.spec !== spec) throw new Error(`The stored key ${id} is ${stored?.spec}, not ${spec}.`);
  const material = Buffer.from(stored.material, "base64");
  if (spec === "SYMMETRIC_DEFAULT") return { id, spec, secret: material };
  return { id, spec, privateKey: createPrivateKey({ key: material, type: "pkcs8", format: "der" }) };
}
