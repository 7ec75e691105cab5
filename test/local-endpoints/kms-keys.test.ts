import { verify } from "node:crypto";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compactVerify } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localKms, plaintext } from "./local-kms.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kms-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("signs messages, in DER", async () => {
  const kms = await localKms();
  const key = await kms.publicKey();
  for (let index = 0; index < 32; index++) {
    const message = Buffer.from(`message ${index}`);
    const signature = await kms.sign(message);
    expect(verify("sha256", message, key, signature)).toBe(true);
    expect(verify("sha256", Buffer.from("another"), key, signature)).toBe(false);
  }
  await expect(kms.sign(Buffer.alloc(4097))).rejects.toMatchObject({ name: "ValidationException" });
});

test("signs what a JWT library accepts, once the DER is unfolded", async () => {
  const kms = await localKms();
  const header = Buffer.from('{"alg":"ES256"}').toString("base64url");
  const payload = Buffer.from('{"scope":"SERVER_ACCESS"}').toString("base64url");
  const der = await kms.sign(Buffer.from(`${header}.${payload}`));
  const jws = `${header}.${payload}.${joseSignature(der).toString("base64url")}`;
  const verified = await compactVerify(jws, await kms.publicKey());
  expect(verified.protectedHeader.alg).toBe("ES256");
});

test("keeps its keys in a file that nobody else may read", async () => {
  const keyFile = join(directory, "kept", "keys.json");
  const before = await localKms(keyFile);
  const blob = await before.seal();
  await chmod(keyFile, 0o644);
  const after = await localKms(keyFile);
  expect(await after.open(blob)).toEqual(plaintext);
  expect((await after.publicKey()).equals(await before.publicKey())).toBe(true);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(directory, "kept"))).toEqual(["keys.json"]);
});

test("has other keys each time without a file", async () => {
  const blob = await (await localKms()).seal();
  const opening = (await localKms()).open(blob);
  await expect(opening).rejects.toMatchObject({ name: "InvalidCiphertextException" });
});

test("does not start on a broken file, and does not quote it", async () => {
  const keyFile = join(directory, "broken.json");
  await writeFile(keyFile, '{"sealing": {"spec": "SECRET"');
  await expect(localKms(keyFile)).rejects.toThrow(/broken\.json is not a key file of this program\.$/);
});

/** DER to the two 32 byte numbers of JWS. */
function joseSignature(der: Buffer): Buffer {
  const rLength = der[3] ?? 0;
  const numbers = [der.subarray(4, 4 + rLength), der.subarray(6 + rLength)];
  return Buffer.concat(numbers.map((number) => Buffer.concat([Buffer.alloc(32), number]).subarray(-32)));
}
