import { createHash, randomUUID } from "node:crypto";
import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { dynamoApiKeys } from "../../functions/access/api-keys.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { JOBS, localTables, loseReplies } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeEach(async () => {
  tables = await localTables();
});
afterEach(() => tables.close());

const MONDAY = new Date("2026-01-05T09:00:00.000Z");
const TUESDAY = new Date("2026-01-06T09:00:00.000Z");
const WEDNESDAY = new Date("2026-01-07T09:00:00.000Z");

const register = (client = tables.client) => dynamoApiKeyRegister(client, JOBS);
const idOf = (key: Secret) => dynamoApiKeys(tables.client, JOBS).idOf(key);
const isValid = async (key: Secret) => (await idOf(key)) !== undefined;
const newKey = () => new Secret(`key-${randomUUID()}`);
const hashOf = (key: Secret) => createHash("sha256").update(key.reveal()).digest("hex");

/** What the client is asked to do from now on. */
function callsOf(client: DynamoDBClient, adjust: (input: object) => object = (input) => input) {
  const calls: { name: string | undefined; input: object }[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      const input = { ...args.input, ...(context.commandName === "QueryCommand" && adjust(args.input)) };
      calls.push({ name: context.commandName, input });
      return next({ ...args, input });
    },
    { step: "initialize" },
  );
  return calls;
}

describe("an API key", () => {
  test("that is revoked is not good, and no other suffers", async () => {
    const [key, other] = [newKey(), newKey()];
    await register().add(key, "backend", MONDAY);
    await register().add(other, "backend", MONDAY);
    await register().revoke(hashOf(key), TUESDAY);
    expect(await isValid(key)).toBe(false);
    expect(await isValid(other)).toBe(true);
  });

  test("is looked up in what is written, not in what was a moment ago", async () => {
    const calls = callsOf(tables.client);
    await isValid(newKey());
    expect(calls).toMatchObject([{ name: "GetItemCommand", input: { ConsistentRead: true } }]);
  });

  test("is kept as its hash, with what is to be known about it", async () => {
    const key = newKey();
    const hash = hashOf(key);
    const kept = await register().add(key, "backend", MONDAY);
    expect(kept).toEqual({ id: hash.slice(0, 12), hash, name: "backend", createdAt: MONDAY.toISOString() });
    expect(await tables.rows(JOBS)).toEqual([
      { pk: `api-key#${hash}`, name: "backend", createdAt: MONDAY.toISOString(), listed: "api-keys" },
    ]);
  });

  test("that is added again stays as it is, even when it is revoked", async () => {
    const key = newKey();
    const first = await register().add(key, "first", MONDAY);
    expect(await register().add(key, "second", TUESDAY)).toEqual(first);
    await register().revoke(first.hash, TUESDAY);
    const revoked = { ...first, revokedAt: TUESDAY.toISOString() };
    expect(await register().add(key, "third", WEDNESDAY)).toEqual(revoked);
    expect(await register().list()).toEqual([revoked]);
    expect(await isValid(key)).toBe(false);
  });

  test("that is added by twelve at once is added once", async () => {
    const key = newKey();
    const names = Array.from({ length: 12 }, (_, index) => `name ${index}`);
    const kept = await Promise.all(names.map((name) => register().add(key, name, MONDAY)));
    expect(new Set(kept.map(({ name }) => name)).size).toBe(1);
    expect(await register().list()).toEqual([kept[0]]);
  });
});

describe("the list of API keys", () => {
  test("is in the order in which they were made, with the revoked ones", async () => {
    const [wednesday, monday, tuesday] = [newKey(), newKey(), newKey()];
    await register().add(wednesday, "c", WEDNESDAY);
    await register().add(monday, "a", MONDAY);
    await register().add(tuesday, "b", TUESDAY);
    await register().revoke(hashOf(monday), WEDNESDAY);
    expect((await register().list()).map(({ name, revokedAt }) => [name, revokedAt])).toEqual([
      ["a", WEDNESDAY.toISOString()],
      ["b", undefined],
      ["c", undefined],
    ]);
  });

  test("reads none of the jobs that the table holds", async () => {
    const job = { pk: "job#1", createdAt: MONDAY.toISOString(), name: "no key" };
    await tables.client.send(new PutItemCommand({ TableName: JOBS, Item: marshall(job) }));
    await register().add(newKey(), "backend", MONDAY);
    const calls = callsOf(tables.client);
    expect((await register().list()).map(({ name }) => name)).toEqual(["backend"]);
    expect(calls.map(({ name }) => name)).toEqual(["QueryCommand", "GetItemCommand"]);
  });

  test("goes on after its first page", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await register().add(newKey(), name, MONDAY);
    const calls = callsOf(tables.client, () => ({ Limit: 2 }));
    expect((await register().list()).map(({ name }) => name).toSorted()).toEqual(["a", "b", "c", "d", "e"]);
    expect(calls.filter(({ name }) => name === "QueryCommand")).toHaveLength(3);
  });
});

describe("revoking", () => {
  test("twice keeps the first time", async () => {
    const { hash } = await register().add(newKey(), "backend", MONDAY);
    expect(await register().revoke(hash, TUESDAY)).toBe(TUESDAY.toISOString());
    expect(await register().revoke(hash, WEDNESDAY)).toBe(TUESDAY.toISOString());
    expect(await register().list()).toMatchObject([{ hash, revokedAt: TUESDAY.toISOString() }]);
  });

  test("by twelve at once leaves one time, which all are told", async () => {
    const { hash } = await register().add(newKey(), "backend", MONDAY);
    const times = Array.from({ length: 12 }, (_, index) => new Date(TUESDAY.getTime() + index));
    const told = await Promise.all(times.map((at) => register().revoke(hash, at)));
    const [kept] = await register().list();
    expect(new Set(told)).toEqual(new Set([kept?.revokedAt]));
  });

  test("what is not there makes no row", async () => {
    expect(await register().revoke(hashOf(newKey()), MONDAY)).toBeUndefined();
    expect(await tables.rows(JOBS)).toEqual([]);
  });
});

test("adding and revoking whose replies are lost are done as asked", async () => {
  const losses = { replies: 1 };
  const client = loseReplies(tables.newClient(), losses);
  const { hash, createdAt } = await register(client).add(newKey(), "backend", MONDAY);
  expect([createdAt, losses.replies]).toEqual([MONDAY.toISOString(), 0]);
  losses.replies = 1;
  expect(await register(client).revoke(hash, TUESDAY)).toBe(TUESDAY.toISOString());
  expect(losses.replies).toBe(0);
  client.destroy();
});
