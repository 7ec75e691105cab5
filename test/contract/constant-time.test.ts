import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { dynamoApiKeys } from "../../functions/access/api-keys.ts";
import { Secret, type SecretRef, sameBytes } from "../../functions/jobs/domain/secret.ts";
import { sealedFingerprints } from "../../functions/jobs/store/fingerprints.ts";
import { comparedInConstantTime } from "../support/compared-in-constant-time.ts";
import { fakeSealer } from "../support/fake-ports.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const AT = new Date("2026-01-05T09:00:00.000Z");
const newKey = () => new Secret(`key-${randomUUID()}`);
const hashOf = (key: Secret) => createHash("sha256").update(key.reveal()).digest("hex");
/** A hash is kept, and compared, as its text. */
const hex = (text: string) => Buffer.from(text).toString("hex");

async function keptKey(): Promise<Secret> {
  const key = newKey();
  await dynamoApiKeyRegister(tables.client, JOBS).add(key, "backend", AT);
  return key;
}

/** Makes every read find the row of another key, as a table would that is in somebody else's hands. */
function findingTheRowOf(other: Secret) {
  const client = tables.newClient();
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        next(
          commandName === "GetItemCommand"
            ? { ...args, input: { ...args.input, Key: { pk: { S: `api-key#${hashOf(other)}` } } } }
            : args,
        ),
    { step: "initialize" },
  );
  return client;
}

describe("an API key", () => {
  const check = (key: Secret) => dynamoApiKeys(tables.client, JOBS).idOf(key);

  test("that is known is compared once, by its hash and its row's", async () => {
    const key = await keptKey();
    const pairs = await comparedInConstantTime(() => check(key));
    expect(pairs).toEqual([[hex(hashOf(key)), hex(hashOf(key))]]);
  });

  test("that nobody has is compared once as well, with what fits none, of the same length", async () => {
    const key = newKey();
    const pairs = await comparedInConstantTime(() => check(key));
    expect(pairs).toEqual([[hex(hashOf(key)), hex("0".repeat(64))]]);
  });

  test("that is revoked is compared once before it is refused", async () => {
    const key = await keptKey();
    await dynamoApiKeyRegister(tables.client, JOBS).revoke(hashOf(key), AT);
    const pairs = await comparedInConstantTime(() => check(key));
    expect(pairs).toEqual([[hex(hashOf(key)), hex(hashOf(key))]]);
  });

  test("is not let in by the row of another one", async () => {
    const [key, other] = [newKey(), await keptKey()];
    const client = findingTheRowOf(other);
    const pairs = await comparedInConstantTime(async () => {
      expect(await dynamoApiKeys(client, JOBS).idOf(key)).toBeUndefined();
    });
    expect(pairs).toEqual([[hex(hashOf(key)), hex(hashOf(other))]]);
    expect(await dynamoApiKeys(client, JOBS).idOf(other)).toBe(hashOf(other).slice(0, 12));
    client.destroy();
  });
});

test("the fingerprint of a request is compared in constant time, whether it fits or not", async () => {
  const ref: SecretRef = { jobId: "j", userId: "u", purpose: "idempotency" };
  const fingerprints = sealedFingerprints(fakeSealer());
  const taken = await fingerprints.take(ref, new Secret("a"));
  const pairs = await comparedInConstantTime(async () => {
    expect(await fingerprints.matches(ref, new Secret("a"), taken)).toBe(true);
    expect(await fingerprints.matches(ref, new Secret("b"), taken)).toBe(false);
  });
  const kept = Buffer.from(taken.mac).toString("hex");
  expect(pairs.map(([, other]) => other)).toEqual([kept, kept]);
  expect(pairs.map(([one]) => one === kept)).toEqual([true, false]);
});

test("bytes of another number are others, and no error", () => {
  const bytes = (...numbers: number[]) => Uint8Array.from(numbers);
  expect(sameBytes(bytes(1, 2), bytes(1, 2))).toBe(true);
  expect(sameBytes(bytes(1, 2), bytes(1, 3))).toBe(false);
  expect(sameBytes(bytes(1, 2), bytes(1, 2, 3))).toBe(false);
  expect(sameBytes(bytes(), bytes())).toBe(true);
});
