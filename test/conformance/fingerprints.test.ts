import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fingerprints } from "../../functions/jobs/domain/ports.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { sealedFingerprints } from "../../functions/jobs/store/fingerprints.ts";
import { kmsSealer } from "../../functions/jobs/store/vault.ts";
import { fakeSealer } from "../support/fake-ports.ts";
import { localKms } from "../support/local-aws.ts";

let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  kms = await localKms();
});
afterAll(() => kms.close());

const IMPLEMENTATIONS: [string, () => Fingerprints][] = [
  ["sealed in memory", () => sealedFingerprints(fakeSealer())],
  ["sealed by KMS", () => sealedFingerprints(kmsSealer(kms.client, "sealing"))],
];

const ref: SecretRef = { jobId: "j", userId: "u", purpose: "idempotency" };
const text = new Secret('POST /a\n{"password":"hooli2016"}');

describe.each(IMPLEMENTATIONS)("a fingerprint %s", (_, make) => {
  test("fits the text that it was taken of, and no other", async () => {
    const fingerprints = make();
    const taken = await fingerprints.take(ref, text);
    expect(await fingerprints.matches(ref, text, taken)).toBe(true);
    for (const other of ["", `${text.reveal()} `, text.reveal().toUpperCase()]) {
      expect(await fingerprints.matches(ref, new Secret(other), taken)).toBe(false);
    }
  });

  test("of the same text is another one each time, under another key", async () => {
    const fingerprints = make();
    const [one, other] = [await fingerprints.take(ref, text), await fingerprints.take(ref, text)];
    expect(Buffer.from(one.mac)).not.toEqual(Buffer.from(other.mac));
    expect(await fingerprints.matches(ref, text, { mac: one.mac, sealedKey: other.sealedKey })).toBe(false);
  });

  test.each([
    { ...ref, jobId: "k" },
    { ...ref, userId: "v" },
    { ...ref, purpose: "login" as const },
  ])("cannot be compared for %j", async (other) => {
    const fingerprints = make();
    const taken = await fingerprints.take(ref, text);
    await expect(fingerprints.matches(other, text, taken)).rejects.toThrow();
  });
});
