import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { SealBroken } from "../../functions/jobs/domain/errors.ts";
import type { Vault } from "../../functions/jobs/domain/ports.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { dynamoVault, kmsSealer } from "../../functions/jobs/store/vault.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeVault } from "../support/fake-ports.ts";
import { localKms, localTables, SECRETS } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  [tables, kms] = await Promise.all([localTables(), localKms()]);
});
afterAll(() => Promise.all([tables.close(), kms.close()]));

const onDynamo = (clock: Clock) =>
  dynamoVault({ client: tables.client, tableName: SECRETS, sealer: kmsSealer(kms.client, "sealing"), clock });

const IMPLEMENTATIONS: [string, (clock: Clock) => Vault][] = [
  ["in memory", (clock) => fakeVault(clock)],
  ["on DynamoDB and KMS", onDynamo],
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
    return { clock, vault, text: async (ref: SecretRef) => (await vault.reveal(ref))?.reveal() };
  }

  test("is revealed as it was stored, and there is none under another name", async () => {
    const { clock, vault, text } = newVault();
    const ref = newRef();
    expect([await vault.holds(ref), await text(ref)]).toEqual([false, undefined]);
    await vault.keep(ref, hooli, clock.after(1000));
    expect([await vault.holds(ref), await text(ref)]).toEqual([true, "hooli2016"]);
    for (const other of [newRef(), { ...ref, purpose: "answer-1" as const }]) {
      expect([await vault.holds(other), await text(other)]).toEqual([false, undefined]);
    }
  });

  test("of one user is broken for another one", async () => {
    const { clock, vault } = newVault();
    const ref = newRef();
    await vault.keep(ref, hooli, clock.after(1000));
    await expect(vault.reveal({ ...ref, userId: "other" })).rejects.toThrow(SealBroken);
  });

  test("that came first wins", async () => {
    const { clock, vault, text } = newVault();
    const ref = newRef("answer-1");
    await vault.keep(ref, new Secret("1234"), clock.after(1000));
    await vault.keep(ref, new Secret("9999"), clock.after(9000));
    expect(await text(ref)).toBe("1234");
    clock.pass(1000);
    expect(await vault.holds(ref)).toBe(false);
  });

  test("of twelve at once is one of them, and stays it", async () => {
    const { clock, vault, text } = newVault();
    const ref = newRef("answer-1");
    const texts = Array.from({ length: 12 }, (__, index) => `answer ${index}`);
    await Promise.all(texts.map((each) => vault.keep(ref, new Secret(each), clock.after(1000))));
    const first = await text(ref);
    expect(texts).toContain(first);
    expect(await text(ref)).toBe(first);
  });

  test("past its time is as good as gone", async () => {
    const { clock, vault, text } = newVault();
    const ref = newRef();
    await vault.keep(ref, hooli, clock.after(60_000));
    clock.pass(59_999);
    expect([await vault.holds(ref), await text(ref)]).toEqual([true, "hooli2016"]);
    clock.pass(1);
    expect([await vault.holds(ref), await text(ref)]).toEqual([false, undefined]);
  });

  test("that expires within a second is there until the second is over", async () => {
    const { clock, vault } = newVault();
    const ref = newRef();
    await vault.keep(ref, hooli, clock.after(1_500));
    clock.pass(1_999);
    expect(await vault.holds(ref)).toBe(true);
    clock.pass(1);
    expect(await vault.holds(ref)).toBe(false);
  });

  test("that was destroyed is gone, may be destroyed again, and gives way to another one", async () => {
    const { clock, vault, text } = newVault();
    const ref = newRef();
    await vault.keep(ref, hooli, clock.after(1000));
    await vault.destroy(ref);
    await vault.destroy(ref);
    expect([await vault.holds(ref), await text(ref)]).toEqual([false, undefined]);
    await vault.keep(ref, new Secret("another"), clock.after(1000));
    expect(await text(ref)).toBe("another");
  });

  test("that is too large to be sealed is refused", async () => {
    const { clock, vault } = newVault();
    const ref = newRef();
    await expect(vault.keep(ref, new Secret("x".repeat(4097)), clock.after(1000))).rejects.toThrow();
    expect(await vault.holds(ref)).toBe(false);
  });
});
