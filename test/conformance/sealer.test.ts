import { afterAll, describe, expect, test } from "vitest";
import { SealBroken } from "../../functions/jobs/domain/errors.ts";
import type { Sealer } from "../../functions/jobs/domain/ports.ts";
import { Secret, type SecretRef, sameBytes } from "../../functions/jobs/domain/secret.ts";
import { sealedFingerprints } from "../../functions/jobs/store/fingerprints.ts";
import { kmsSealer, namingBrokenSeals } from "../../functions/jobs/store/vault.ts";
import { comparedInConstantTime } from "../support/compared-in-constant-time.ts";
import { fakeSealer } from "../support/fake-ports.ts";
import { localKms } from "../support/local-aws.ts";

const kms = await localKms();
afterAll(kms.close);

const withKey = (keyId: string) => kmsSealer(kms.client, keyId);

/** Each with a sealer that has another key. */
const IMPLEMENTATIONS: [string, () => { sealer: Sealer; another: Sealer }][] = [
  ["in memory", () => ({ sealer: fakeSealer(), another: fakeSealer() })],
  ["by KMS", () => ({ sealer: withKey("sealing"), another: withKey("of-another-stage") })],
];

const ref: SecretRef = { jobId: "j", userId: "u", purpose: "login" };
const OTHER_REFS: SecretRef[] = [
  { ...ref, jobId: "k" },
  { ...ref, userId: "v" },
  { ...ref, purpose: "answer-1" },
  { jobId: "u", userId: "j", purpose: "login" },
];

describe.each(IMPLEMENTATIONS)("a seal %s", (_, make) => {
  const secret = new Secret("hooli2016 é\u0000");

  test("opens for its own reference, holds no plain text, and is another one each time", async () => {
    const { sealer } = make();
    const sealed = await sealer.seal(ref, secret);
    expect((await sealer.unseal(ref, sealed)).reveal()).toBe(secret.reveal());
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("hooli2016");
    expect(Buffer.from(await sealer.seal(ref, secret))).not.toEqual(Buffer.from(sealed));
  });

  test.each(OTHER_REFS)("does not open for %j", async (other) => {
    const { sealer } = make();
    const sealed = await sealer.seal(ref, secret);
    await expect(namingBrokenSeals(sealer).unseal(other, sealed)).rejects.toThrow(SealBroken);
  });

  test("does not open when a byte of it is another one, or when another key made it", async () => {
    const { sealer, another } = make();
    const sealed = await sealer.seal(ref, secret);
    const changed = sealed.map((byte, at) => (at === sealed.length - 1 ? byte ^ 1 : byte));
    await expect(namingBrokenSeals(sealer).unseal(ref, changed)).rejects.toThrow(SealBroken);
    await expect(namingBrokenSeals(another).unseal(ref, sealed)).rejects.toThrow(SealBroken);
  });

  test("takes 4096 bytes, and no more", async () => {
    const { sealer } = make();
    await sealer.seal(ref, new Secret("x".repeat(4096)));
    await expect(sealer.seal(ref, new Secret("x".repeat(4097)))).rejects.toThrow();
    await expect(sealer.seal(ref, new Secret("é".repeat(2049)))).rejects.toThrow();
  });
});

test("a seal by KMS that cannot be opened for now is not a broken one", async () => {
  const sealed = await withKey("sealing").seal(ref, new Secret("hooli2016"));
  const opened = namingBrokenSeals(withKey("nobody")).unseal(ref, sealed);
  await expect(opened).rejects.toMatchObject({ name: "NotFoundException" });
});

describe.each(IMPLEMENTATIONS)("a fingerprint sealed %s", (_, make) => {
  const text = new Secret('POST /a\n{"password":"hooli2016"}');

  test("fits the text that it was taken of, and no other", async () => {
    const fingerprints = sealedFingerprints(make().sealer);
    const taken = await fingerprints.take(ref, text);
    expect(await fingerprints.matches(ref, text, taken)).toBe(true);
    for (const other of ["", `${text.reveal()} `, text.reveal().toUpperCase()]) {
      expect(await fingerprints.matches(ref, new Secret(other), taken)).toBe(false);
    }
  });

  test("of the same text is another one each time, under another key of 256 random bits", async () => {
    const { sealer } = make();
    const fingerprints = sealedFingerprints(sealer);
    const [one, other] = [await fingerprints.take(ref, text), await fingerprints.take(ref, text)];
    expect(Buffer.from(one.mac)).not.toEqual(Buffer.from(other.mac));
    expect(await fingerprints.matches(ref, text, { mac: one.mac, sealedKey: other.sealedKey })).toBe(false);
    const key = await sealer.unseal(ref, one.sealedKey);
    expect(key.reveal()).toMatch(/^[0-9a-f]{64}$/);
    expect(Buffer.from(one.sealedKey).toString("latin1")).not.toContain(key.reveal());
  });

  test.each(OTHER_REFS)("cannot be compared for %j", async (other) => {
    const fingerprints = sealedFingerprints(make().sealer);
    const taken = await fingerprints.take(ref, text);
    await expect(fingerprints.matches(other, text, taken)).rejects.toThrow();
  });

  test("is compared in constant time, whether it fits or not", async () => {
    const fingerprints = sealedFingerprints(make().sealer);
    const taken = await fingerprints.take(ref, text);
    const pairs = await comparedInConstantTime(async () => {
      expect(await fingerprints.matches(ref, text, taken)).toBe(true);
      expect(await fingerprints.matches(ref, new Secret("other"), taken)).toBe(false);
    });
    const mac = Buffer.from(taken.mac).toString("hex");
    expect(pairs).toEqual([
      [mac, mac],
      [expect.not.stringMatching(mac), mac],
    ]);
  });
});

test("bytes of another number are not the same, without an error", () => {
  const bytes = (...numbers: number[]) => Uint8Array.from(numbers);
  expect(sameBytes(bytes(1, 2), bytes(1, 2))).toBe(true);
  expect(sameBytes(bytes(1, 2), bytes(1, 3))).toBe(false);
  expect(sameBytes(bytes(1, 2), bytes(1, 2, 3))).toBe(false);
  expect(sameBytes(bytes(), bytes())).toBe(true);
});
