import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { dynamoVault } from "../../functions/jobs/store/vault.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeSealer } from "../support/fake-ports.ts";
import { localTables, loseReplies, SECRETS } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

function vault(client = tables.client) {
  const clock = fakeClock();
  const sealer = fakeSealer();
  return { clock, sealer, vault: dynamoVault({ client, tableName: SECRETS, sealer, clock }) };
}

const refOf = (purpose: SecretRef["purpose"] = "login"): SecretRef => ({
  jobId: randomUUID(),
  userId: "ea3a81",
  purpose,
});
const text = async (secret: Promise<Secret | undefined>) => (await secret)?.reveal();

describe("a secret", () => {
  test("whose reply is lost is kept once", async () => {
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    const { clock, vault: kept } = vault(client);
    const ref = refOf();
    await kept.keep(ref, new Secret("hooli2016"), clock.after(1000));
    expect(losses.replies).toBe(0);
    expect(await text(kept.reveal(ref))).toBe("hooli2016");
    client.destroy();
  });

  test("that was destroyed leaves no row", async () => {
    const { clock, vault: kept } = vault();
    const ref = refOf();
    await kept.keep(ref, new Secret("hooli2016"), clock.after(1000));
    await kept.destroy(ref);
    expect((await tables.rows(SECRETS)).some(({ jobId }) => jobId === ref.jobId)).toBe(false);
  });

  test("lies in its row sealed, with its end in whole seconds, rounded up", async () => {
    const { clock, sealer, vault: kept } = vault();
    const ref = refOf();
    const secret = new Secret("hooli2016-Zebra");
    await kept.keep(ref, secret, clock.after(1_500));
    const row = (await tables.rows(SECRETS)).find(({ jobId }) => jobId === ref.jobId);
    expect(Object.keys(row ?? {}).sort()).toEqual(["expiresAt", "jobId", "purpose", "sealed"]);
    expect(row?.["expiresAt"]).toBe(clock.now().getTime() / 1000 + 2);
    expect((await sealer.unseal(ref, row?.["sealed"])).reveal()).toBe(secret.reveal());
    const forms = ["utf8", "latin1", "base64", "hex"] as const;
    const bytes = Buffer.from(row?.["sealed"] ?? []);
    for (const form of forms) {
      expect(bytes.toString(form)).not.toContain(Buffer.from("hooli2016-Zebra").toString(form));
    }
  });
});
