import { createHash, randomUUID } from "node:crypto";
import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { dynamoApiKeys } from "../../functions/access/api-keys.ts";
import type { ApiKeys } from "../../functions/access/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { comparedInConstantTime } from "../support/compared-in-constant-time.ts";
import { fakeApiKeys } from "../support/fake-ports.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

const nineOClockOn = (day: number) => new Date(Date.UTC(2026, 0, day, 9));
const MONDAY = nineOClockOn(5);
const TUESDAY = nineOClockOn(6);
const WEDNESDAY = nineOClockOn(7);

const newKey = () => new Secret(`key-${randomUUID()}`);
const hashOf = (key: Secret) => createHash("sha256").update(key.reveal()).digest("hex");

/** A table of its own: the register lists every key that there is. */
async function onDynamo() {
  const tables = await localTables();
  onTestFinished(tables.close);
  const registerOf = (client: DynamoDBClient) => dynamoApiKeyRegister(client, JOBS);
  const keys = dynamoApiKeys(tables.client, JOBS);
  return { tables, registerOf, register: registerOf(tables.client), keys };
}

async function withKeysOnDynamo(...valid: Secret[]): Promise<ApiKeys> {
  const { register, keys } = await onDynamo();
  for (const key of valid) await register.add(key, "backend", MONDAY);
  return keys;
}

const IMPLEMENTATIONS: [string, (...valid: Secret[]) => Promise<ApiKeys>][] = [
  ["in memory", async (...valid) => fakeApiKeys(...valid.map((key) => key.reveal()))],
  ["on DynamoDB", withKeysOnDynamo],
];

describe.each(IMPLEMENTATIONS)("an API key %s", (_, withKeys) => {
  test("that is valid has an id of its own, which is the beginning of its hash", async () => {
    const [one, other] = [newKey(), newKey()];
    const keys = await withKeys(one, other);
    for (const key of [one, other, one]) expect(await keys.idOf(key)).toBe(hashOf(key).slice(0, 12));
  });

  test("that is not valid has no id", async () => {
    const key = newKey();
    const keys = await withKeys(key);
    const text = key.reveal();
    for (const other of [randomUUID(), `${text} `, text.toUpperCase(), text.slice(1), "", "job#1"]) {
      expect(await keys.idOf(new Secret(other))).toBeUndefined();
    }
  });
});

describe("the register of API keys", () => {
  test("stores a key as its hash, with its name and its time", async () => {
    const { tables, register } = await onDynamo();
    const key = newKey();
    const hash = hashOf(key);
    const stored = { name: "backend", createdAt: MONDAY.toISOString() };
    expect(await register.add(key, "backend", MONDAY)).toEqual({ id: hash.slice(0, 12), hash, ...stored });
    expect(await tables.rows(JOBS)).toEqual([{ pk: `api-key#${hash}`, ...stored, listed: "api-keys" }]);
  });

  test("leaves a key that is added again as it is, even when it is revoked", async () => {
    const { register, keys } = await onDynamo();
    const key = newKey();
    const first = await register.add(key, "first", MONDAY);
    expect(await register.add(key, "second", TUESDAY)).toEqual(first);
    await register.revoke(first.hash, TUESDAY);
    const revoked = { ...first, revokedAt: TUESDAY.toISOString() };
    expect(await register.add(key, "third", WEDNESDAY)).toEqual(revoked);
    expect(await register.list()).toEqual([revoked]);
    expect(await keys.idOf(key)).toBeUndefined();
  });

  test("adds a key once when twelve add it at once", async () => {
    const { register } = await onDynamo();
    const key = newKey();
    const names = Array.from({ length: 12 }, (_, index) => `name ${index}`);
    const added = await Promise.all(names.map((name) => register.add(key, name, MONDAY)));
    expect(new Set(added.map(({ name }) => name)).size).toBe(1);
    expect(await register.list()).toEqual([added[0]]);
  });

  test("lists the keys in the order in which they were made, with the revoked ones", async () => {
    const { register, keys } = await onDynamo();
    const [wednesday, monday, tuesday] = [newKey(), newKey(), newKey()];
    await register.add(wednesday, "c", WEDNESDAY);
    await register.add(monday, "a", MONDAY);
    await register.add(tuesday, "b", TUESDAY);
    await register.revoke(hashOf(monday), WEDNESDAY);
    expect((await register.list()).map(({ name, revokedAt }) => [name, revokedAt])).toEqual([
      ["a", WEDNESDAY.toISOString()],
      ["b", undefined],
      ["c", undefined],
    ]);
    expect(await keys.idOf(monday)).toBeUndefined();
    expect(await keys.idOf(tuesday)).toBe(hashOf(tuesday).slice(0, 12));
  });

  test("lists the keys of every page of the index, and reads no job", async () => {
    const { tables, register, registerOf } = await onDynamo();
    const job = { pk: "job#1", createdAt: MONDAY.toISOString(), name: "no key" };
    await tables.client.send(new PutItemCommand({ TableName: JOBS, Item: marshall(job) }));
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await register.add(newKey(), name, MONDAY);
    const calls: string[] = [];
    const client = tables.newClient((name, input) => {
      calls.push(name);
      if (name === "QueryCommand") Object.assign(input, { Limit: 2 });
    });
    expect((await registerOf(client).list()).map(({ name }) => name).toSorted()).toEqual(names);
    expect(calls.filter((name) => name === "QueryCommand")).toHaveLength(3);
    expect(calls.filter((name) => name === "GetItemCommand")).toHaveLength(5);
  });

  test("keeps the first time of a key that is revoked twice", async () => {
    const { register } = await onDynamo();
    const { hash } = await register.add(newKey(), "backend", MONDAY);
    expect(await register.revoke(hash, TUESDAY)).toBe(TUESDAY.toISOString());
    expect(await register.revoke(hash, WEDNESDAY)).toBe(TUESDAY.toISOString());
    expect(await register.list()).toMatchObject([{ hash, revokedAt: TUESDAY.toISOString() }]);
  });

  test("gives one time to twelve that revoke a key at once", async () => {
    const { register } = await onDynamo();
    const { hash } = await register.add(newKey(), "backend", MONDAY);
    const times = Array.from({ length: 12 }, (_, index) => new Date(TUESDAY.getTime() + index));
    const given = await Promise.all(times.map((at) => register.revoke(hash, at)));
    const [stored] = await register.list();
    expect(new Set(given)).toEqual(new Set([stored?.revokedAt]));
  });

  test("makes no row of an unknown key that is revoked", async () => {
    const { tables, register } = await onDynamo();
    expect(await register.revoke(hashOf(newKey()), MONDAY)).toBeUndefined();
    expect(await tables.rows(JOBS)).toEqual([]);
  });

  test("adds and revokes a key though the replies are lost", async () => {
    const { tables, registerOf } = await onDynamo();
    const losses = { replies: 1 };
    const client = loseReplies(tables.newClient(), losses);
    const { hash, createdAt } = await registerOf(client).add(newKey(), "backend", MONDAY);
    expect([createdAt, losses.replies]).toEqual([MONDAY.toISOString(), 0]);
    losses.replies = 1;
    expect(await registerOf(client).revoke(hash, TUESDAY)).toBe(TUESDAY.toISOString());
    expect(losses.replies).toBe(0);
  });
});

describe("an API key on DynamoDB", () => {
  /** Hashes are compared as texts. */
  const hex = (text: string) => Buffer.from(text).toString("hex");

  test.each(["known", "revoked", "unknown"])(
    "that is %s is compared once, in constant time",
    async (kind) => {
      const { register, keys } = await onDynamo();
      const key = newKey();
      const hash = hashOf(key);
      if (kind !== "unknown") await register.add(key, "backend", MONDAY);
      if (kind === "revoked") await register.revoke(hash, TUESDAY);
      const pairs = await comparedInConstantTime(() => keys.idOf(key));
      expect(pairs).toEqual([[hex(hash), hex(kind === "unknown" ? "0".repeat(64) : hash)]]);
    },
  );

  test("is refused when the table gives the row of another key", async () => {
    const { tables, register } = await onDynamo();
    const [key, other] = [newKey(), newKey()];
    const { hash } = await register.add(other, "backend", MONDAY);
    const row = { Key: { pk: { S: `api-key#${hash}` } } };
    const client = tables.newClient((_, input) => Object.assign(input, row));
    const keys = dynamoApiKeys(client, JOBS);
    const pairs = await comparedInConstantTime(async () => {
      expect(await keys.idOf(key)).toBeUndefined();
    });
    expect(pairs).toEqual([[hex(hashOf(key)), hex(hash)]]);
    expect(await keys.idOf(other)).toBe(hash.slice(0, 12));
  });
});
