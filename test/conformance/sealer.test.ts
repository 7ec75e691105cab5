import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SealBroken } from "../../functions/jobs/domain/errors.ts";
import type { Sealer } from "../../functions/jobs/domain/ports.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { kmsSealer, tellBrokenSeals } from "../../functions/jobs/store/vault.ts";
import { fakeSealer } from "../support/fake-ports.ts";
import { localKms } from "../support/local-aws.ts";

let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  kms = await localKms();
});
afterAll(() => kms.close());

/** Each with a sealer that has another key. */
const IMPLEMENTATIONS: [string, () => { sealer: Sealer; another: Sealer }][] = [
  ["in memory", () => ({ sealer: fakeSealer(), another: fakeSealer() })],
  [
    "by KMS",
    () => ({ sealer: kmsSealer(kms.client, "sealing"), another: kmsSealer(kms.client, "of-another-stage") }),
  ],
];

const ref: SecretRef = { jobId: "j", userId: "u", purpose: "login" };
const secret = new Secret("hooli2016 é\u0000");

describe.each(IMPLEMENTATIONS)("a seal %s", (_, make) => {
  test("opens for its own reference, and holds no plain text", async () => {
    const { sealer } = make();
    const sealed = await sealer.seal(ref, secret);
    expect((await sealer.unseal(ref, sealed)).reveal()).toBe(secret.reveal());
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("hooli2016");
  });

  test("of the same secret is another one each time", async () => {
    const { sealer } = make();
    expect(Buffer.from(await sealer.seal(ref, secret))).not.toEqual(
      Buffer.from(await sealer.seal(ref, secret)),
    );
  });

  test.each([
    { ...ref, jobId: "k" },
    { ...ref, userId: "v" },
    { ...ref, purpose: "answer-1" as const },
    { jobId: "u", userId: "j", purpose: "login" as const },
  ])("does not open for %j", async (other) => {
    const { sealer } = make();
    const sealed = await sealer.seal(ref, secret);
    await expect(tellBrokenSeals(sealer).unseal(other, sealed)).rejects.toThrow(SealBroken);
  });

  test("does not open when a byte of it is another one, or when another key made it", async () => {
    const { sealer, another } = make();
    const sealed = await sealer.seal(ref, secret);
    const changed = sealed.map((byte, at) => (at === sealed.length - 1 ? byte ^ 1 : byte));
    await expect(tellBrokenSeals(sealer).unseal(ref, changed)).rejects.toThrow(SealBroken);
    await expect(tellBrokenSeals(another).unseal(ref, sealed)).rejects.toThrow(SealBroken);
  });

  test("takes 4096 bytes, and no more", async () => {
    const { sealer } = make();
    await sealer.seal(ref, new Secret("x".repeat(4096)));
    await expect(sealer.seal(ref, new Secret("x".repeat(4097)))).rejects.toThrow();
    await expect(sealer.seal(ref, new Secret("é".repeat(2049)))).rejects.toThrow();
  });
});
