import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { SealBroken } from "../../functions/jobs/domain/errors.ts";
import type { Vault } from "../../functions/jobs/domain/ports.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { dynamoVault, kmsSealer } from "../../functions/jobs/store/vault.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeVault } from "../support/fake-ports.ts";
import { localKms, localTables, loseReplies, SECRETS } from "../support/local-aws.ts";

const [tables, kms] = await Promise.all([localTables(), localKms()]);
afterAll(() => Promise.all([tables.close(), kms.close()]));

const sealer = kmsSealer(kms.client, "sealing");
const onDynamo = (clock: Clock, client = tables.client) =>
  dynamoVault({ client, tableName: SECRETS, sealer, clock });

const IMPLEMENTATIONS: [string, (clock: Clock) => Vault][] = [
  ["in memory", (clock) => fakeVault(clock)],
  ["on DynamoDB and KMS", (clock) => onDynamo(clock)],
];

const hooli = new Secret("hooli2016");
const newRef = (purpose: SecretRef["purpose"] = "login"): SecretRef => ({
  jobId: randomUUID(),
  userId: "ea3a81",
  purpose,
});

describe.each(IMPLEMENTATIONS)("a secret %s", (_, make) => {
  function newVault() {
    const clock = fakeClock();
    const vault = make(clock);
    /** Whether the vault holds a secret, and its text. */
    const found = async (ref: SecretRef) => [await vault.holds(ref), (await vault.reveal(ref))?.reveal()];
    return { clock, vault, found };
  }

  test("is revealed as it was stored, and under no other reference", async () => {
    const { clock, vault, found } = newVault();
    const ref = newRef();
    expect(await found(ref)).toEqual([false, undefined]);
    await vault.store(ref, hooli, clock.after(1000));
    expect(await found(ref)).toEqual([true, "hooli2016"]);
    for (const other of [newRef(), { ...ref, purpose: "answer-1" as const }]) {
      expect(await found(other)).toEqual([false, undefined]);
    }
    await expect(vault.reveal({ ...ref, userId: "other" })).rejects.toThrow(SealBroken);
  });

  test("that came first wins", async () => {
    const { clock, vault, found } = newVault();
    const ref = newRef("answer-1");
    await vault.store(ref, new Secret("1234"), clock.after(1000));
    await vault.store(ref, new Secret("9999"), clock.after(9000));
    expect(await found(ref)).toEqual([true, "1234"]);
    clock.pass(1000);
    expect(await vault.holds(ref)).toBe(false);
  });

  test("of twelve at once is one of them, and stays the same", async () => {
    const { clock, vault, found } = newVault();
    const ref = newRef("answer-1");
    const texts = Array.from({ length: 12 }, (__, index) => `answer ${index}`);
    await Promise.all(texts.map((each) => vault.store(ref, new Secret(each), clock.after(1000))));
    const first = await found(ref);
    expect(texts).toContain(first[1]);
    expect(await found(ref)).toEqual(first);
  });

  test.each([
    [60_000, 60_000],
    [1_500, 2_000],
  ])("that expires after %i ms is gone after %i ms: the second in which it ends counts", async (ms, gone) => {
    const { clock, vault, found } = newVault();
    const ref = newRef();
    await vault.store(ref, hooli, clock.after(ms));
    clock.pass(gone - 1);
    expect(await found(ref)).toEqual([true, "hooli2016"]);
    clock.pass(1);
    expect(await found(ref)).toEqual([false, undefined]);
  });

  test("that was destroyed is gone, may be destroyed again, and gives way to another one", async () => {
    const { clock, vault, found } = newVault();
    const ref = newRef();
    await vault.store(ref, hooli, clock.after(1000));
    await vault.destroy(ref);
    await vault.destroy(ref);
    expect(await found(ref)).toEqual([false, undefined]);
    await vault.store(ref, new Secret("another"), clock.after(1000));
    expect(await found(ref)).toEqual([true, "another"]);
  });
});

describe("a secret on DynamoDB", () => {
  const clock = fakeClock();
  const rowOf = async ({ jobId }: SecretRef) =>
    (await tables.rows(SECRETS)).find((row) => row["jobId"] === jobId);

  test("is sealed in its row, ends in whole seconds, rounded up, and leaves no row", async () => {
    const ref = newRef();
    await onDynamo(clock).store(ref, new Secret("hooli2016-Zebra"), clock.after(1_500));
    const row = await rowOf(ref);
    expect(Object.keys(row ?? {}).sort()).toEqual(["expiresAt", "jobId", "purpose", "sealed"]);
    expect(row?.["expiresAt"]).toBe(clock.now().getTime() / 1000 + 2);
    expect((await sealer.unseal(ref, row?.["sealed"])).reveal()).toBe("hooli2016-Zebra");
    const bytes = Buffer.from(row?.["sealed"] ?? []);
    for (const form of ["utf8", "latin1", "base64", "hex"] as const) {
      expect(bytes.toString(form)).not.toContain(Buffer.from("hooli2016-Zebra").toString(form));
    }
    await onDynamo(clock).destroy(ref);
    expect(await rowOf(ref)).toBeUndefined();
  });

  test("whose reply is lost is stored once", async () => {
    const [ref, losses] = [newRef(), { replies: 1 }];
    const client = loseReplies(tables.newClient(), losses);
    await onDynamo(clock, client).store(ref, hooli, clock.after(1000));
    expect(losses.replies).toBe(0);
    expect((await onDynamo(clock).reveal(ref))?.reveal()).toBe("hooli2016");
  });
});
