import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { sealedFingerprints } from "../../functions/jobs/store/fingerprints.ts";
import { kmsSealer } from "../../functions/jobs/store/vault.ts";
import { localKms } from "../support/local-aws.ts";

let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  kms = await localKms();
});
afterAll(() => kms.close());

const fingerprints = () => sealedFingerprints(kmsSealer(kms.client, "sealing"));
const ref: SecretRef = { jobId: "j", userId: "u", purpose: "idempotency" };
const text = new Secret('POST /a\n{"password":"hooli2016"}');

describe("a fingerprint", () => {
  test("has its key sealed: 256 random bits", async () => {
    const { sealedKey } = await fingerprints().take(ref, text);
    const key = await kmsSealer(kms.client, "sealing").unseal(ref, sealedKey);
    expect(key.reveal()).toMatch(/^[0-9a-f]{64}$/);
    expect(Buffer.from(sealedKey).toString("latin1")).not.toContain(key.reveal());
  });
});
