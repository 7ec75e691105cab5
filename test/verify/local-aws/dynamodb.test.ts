import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { AbstractLevel, AbstractValueIterator } from "abstract-level";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type LocalTable, startDynamoDb } from "../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { allRows, EVENTS, inJson, JOBS, localTables, SECRETS } from "../../support/local-aws.ts";
import { sdkSettings } from "../../support/local-workflow.ts";

const TableName = "jobs";
const PK = { AttributeName: "pk", AttributeType: "S" } as const;

/** A table whose index holds everything, or only these attributes. */
function tableWith(...NonKeyAttributes: string[]): LocalTable {
  const Projection =
    NonKeyAttributes.length === 0
      ? { ProjectionType: "ALL" as const }
      : { ProjectionType: "INCLUDE" as const, NonKeyAttributes };
  return {
    TableName,
    AttributeDefinitions: [PK, { AttributeName: "user", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      { IndexName: "by-user", KeySchema: [{ AttributeName: "user", KeyType: "HASH" }], Projection },
    ],
  };
}

let directory: string;
let open: { close(): Promise<void> }[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dynamodb-"));
  open = [];
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
  await rm(directory, { recursive: true });
});

async function start(path?: string, table = tableWith()) {
  const endpoint = await startDynamoDb({ tables: [table], ...(path !== undefined && { path }) });
  const client = new DynamoDBClient(sdkSettings(endpoint.url));
  const close = async () => {
    open = open.filter((each) => each !== started);
    await endpoint.close();
    client.destroy();
  };
  const started = { client, close };
  open.push(started);
  return started;
}

function put(client: DynamoDBClient, owner: string, more = {}) {
  const Item = { pk: { S: "claim" }, user: { S: owner }, ...more };
  const ConditionExpression = "attribute_not_exists(pk)";
  return client.send(new PutItemCommand({ TableName, Item, ConditionExpression }));
}

async function owner(client: DynamoDBClient): Promise<string | undefined> {
  const got = await client.send(new GetItemCommand({ TableName, Key: { pk: { S: "claim" } } }));
  return got.Item?.["user"]?.S;
}

async function inIndex(client: DynamoDBClient, user: string) {
  const query = new QueryCommand({
    TableName,
    IndexName: "by-user",
    KeyConditionExpression: "#user = :user",
    ExpressionAttributeNames: { "#user": "user" },
    ExpressionAttributeValues: { ":user": { S: user } },
  });
  return (await client.send(query)).Items;
}

test("One of many conditional puts of an item succeeds", async () => {
  const { client } = await start();
  const puts = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => put(client, `u${index}`)));
  expect(puts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const winner = `u${puts.findIndex(({ status }) => status === "fulfilled")}`;
  expect(await owner(client)).toBe(winner);
  expect(puts.find((each) => each.status === "rejected")?.reason).toMatchObject({
    name: "ConditionalCheckFailedException",
  });
  expect(await inIndex(client, winner)).toHaveLength(1);
});

test("An index that includes some attributes holds them and the keys, and no others", async () => {
  const { client } = await start(undefined, tableWith("seen"));
  await put(client, "u1", { seen: { S: "once" }, secret: { S: "not in the index" } });
  const projected = { pk: { S: "claim" }, user: { S: "u1" }, seen: { S: "once" } };
  expect(await inIndex(client, "u1")).toEqual([projected]);
});

test("Each query closes its iterator of the database", async ({ expect }) => {
  const { client } = await start();
  await put(client, "u1");
  const closed = vi.spyOn(AbstractValueIterator.prototype, "close");
  onTestFinished(() => closed.mockRestore());
  for (let nth = 0; nth < 10; nth++) await inIndex(client, "u1");
  await expect.poll(() => closed.mock.calls.length).toBe(10);
});

test("The endpoint closes while requests are under way", async () => {
  const { client, close } = await start();
  const puts = Promise.allSettled(Array.from({ length: 200 }, () => put(client, "u1")));
  await expect.poll(() => owner(client)).toBe("u1");
  await close();
  expect((await puts).filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

describe("A data directory", () => {
  test("keeps the items, which are gone without one", async () => {
    const path = join(directory, "new", "database");
    const first = await start(path);
    await put(first.client, "u1");
    await first.close();
    expect(await owner((await start(path)).client)).toBe("u1");
    expect(await owner((await start()).client)).toBeUndefined();
  });

  test("gets its indexes repaired after a crash between the writes of an item and of its entries", async () => {
    const path = join(directory, "database");
    const { client, close } = await start(path);
    await put(client, "u1");
    const { put: write } = AbstractLevel.prototype;
    const written = vi.spyOn(AbstractLevel.prototype, "put");
    onTestFinished(() => written.mockRestore());
    written.mockImplementation(function (this: unknown, key, ...rest) {
      return String(key).startsWith("item-") ? Promise.resolve() : Reflect.apply(write, this, [key, ...rest]);
    });
    await close();
    const second = await start(path);
    await second.client.send(
      new PutItemCommand({ TableName, Item: { pk: { S: "claim" }, user: { S: "u2" } } }),
    );
    const inIndexes = async ({ client }: { client: DynamoDBClient }) => [
      (await inIndex(client, "u1"))?.length,
      (await inIndex(client, "u2"))?.length,
    ];
    expect(await inIndexes(second)).toEqual([0, 1]);
    await second.close();
    expect(await inIndexes(await start(path))).toEqual([1, 0]);
  });

  test("that another process uses is refused until that process ends", async () => {
    const module = join(import.meta.dirname, "../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts");
    const script = `const { startDynamoDb } = await import(${JSON.stringify(module)});
      await startDynamoDb({ tables: [], path: ${JSON.stringify(directory)} }); console.log("ready");`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script]);
    try {
      await once(holder.stdout, "data");
      await expect(start(directory)).rejects.toThrow(/cannot be opened: another process is using it\.$/);
    } finally {
      holder.kill("SIGKILL");
      await once(holder, "exit");
    }
    await start(directory);
  });

  test("that cannot be a directory is refused with the reason", async () => {
    const file = join(directory, "a-file");
    await writeFile(file, "");
    await expect(start(join(file, "database"))).rejects.toThrow(/cannot be opened: .*ENOTDIR/);
  });

  test("with the same table is opened, also when its index lists attributes in another order", async () => {
    await (await start(directory, tableWith("seen", "twice"))).close();
    await start(directory, tableWith("twice", "seen"));
  });

  const { GlobalSecondaryIndexes: _, ...rest } = tableWith();
  test.each([
    ["no index", { ...rest, AttributeDefinitions: [PK] }],
    ["an index of everything", tableWith()],
    ["an index of fewer attributes", tableWith("seen")],
  ])("is refused for a table with %s, when the stored one has another index", async (_, other) => {
    await (await start(directory, tableWith("seen", "twice"))).close();
    await expect(start(directory, other)).rejects.toThrow(/stored table jobs has other keys or indexes/);
  });
});

test("The helper that reads all rows reads every page of every table", async () => {
  const { client, close } = await localTables();
  onTestFinished(close);
  /** A page of a table ends at 1 MB. */
  const large = { S: "x".repeat(390_000) };
  const pks = ["a", "b", "c", "d", "e"];
  for (const pk of pks) {
    await client.send(new PutItemCommand({ TableName: JOBS, Item: { pk: { S: pk }, large } }));
  }
  const sealed = { jobId: { S: "j" }, purpose: { S: "login" }, sealed: { B: Buffer.from("seal") } };
  await client.send(new PutItemCommand({ TableName: SECRETS, Item: sealed }));

  const read = new Map((await allRows(client)).map(({ table, rows }) => [table, rows]));
  expect([...read.keys()].toSorted()).toEqual([EVENTS, JOBS, SECRETS]);
  expect(new Set(read.get(JOBS)?.map(({ pk }) => pk?.S))).toEqual(new Set(pks));
  expect(inJson(read.get(SECRETS) ?? [])).toContain(Buffer.from("seal").toString("base64"));
});
