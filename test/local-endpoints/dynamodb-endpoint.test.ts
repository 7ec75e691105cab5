import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LocalTable, startDynamoDb } from "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { sdkSettings } from "./sdk-settings.ts";

const TableName = "jobs";
const table: LocalTable = {
  TableName,
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "user", AttributeType: "S" },
  ],
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  GlobalSecondaryIndexes: [
    {
      IndexName: "by-user",
      KeySchema: [{ AttributeName: "user", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    },
  ],
};

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

async function start(path?: string, tables = [table]) {
  const endpoint = await startDynamoDb({ tables, ...(path !== undefined && { path }) });
  const client = new DynamoDBClient(sdkSettings(endpoint.url));
  const started = {
    client,
    close: async () => {
      await endpoint.close();
      client.destroy();
    },
  };
  open.push(started);
  return started;
}

function put(client: DynamoDBClient, owner: string) {
  const Item = { pk: { S: "claim" }, user: { S: owner } };
  const ConditionExpression = "attribute_not_exists(pk)";
  return client.send(new PutItemCommand({ TableName, Item, ConditionExpression }));
}

async function owner(client: DynamoDBClient): Promise<string | undefined> {
  const got = await client.send(new GetItemCommand({ TableName, Key: { pk: { S: "claim" } } }));
  return got.Item?.["user"]?.S;
}

test("lets one of many conditional puts win", async () => {
  const { client } = await start();
  const puts = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => put(client, `u${index}`)));
  expect(puts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const winner = puts.findIndex(({ status }) => status === "fulfilled");
  expect(await owner(client)).toBe(`u${winner}`);
  const lost = puts.find((each) => each.status === "rejected");
  expect(lost?.reason).toMatchObject({ name: "ConditionalCheckFailedException" });
  const query = {
    TableName,
    IndexName: "by-user",
    KeyConditionExpression: "#user = :user",
    ExpressionAttributeNames: { "#user": "user" },
    ExpressionAttributeValues: { ":user": { S: `u${winner}` } },
  };
  expect((await client.send(new QueryCommand(query))).Items).toHaveLength(1);
});

test("keeps its items in a directory, and forgets them without one", async () => {
  const path = join(directory, "new", "database");
  const first = await start(path);
  await put(first.client, "u1");
  await first.close();
  open = [];
  expect(await owner((await start(path)).client)).toBe("u1");
  expect(await owner((await start()).client)).toBeUndefined();
});

test("says that another process uses the directory", async () => {
  const module = JSON.stringify(
    join(import.meta.dirname, "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts"),
  );
  const script = `const { startDynamoDb } = await import(${module});
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

test("says that a directory cannot be used", async () => {
  const file = join(directory, "a-file");
  await writeFile(file, "");
  await expect(start(join(file, "database"))).rejects.toThrow(/cannot be opened: .*ENOTDIR/);
});

test("does not start on a table with other indexes", async () => {
  await (await start(directory)).close();
  open = [];
  const { GlobalSecondaryIndexes: _, AttributeDefinitions: __, ...rest } = table;
  const other = { ...rest, AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" as const }] };
  await expect(start(directory, [other])).rejects.toThrow(/stored table jobs has other keys or indexes/);
});

test("an index that includes some attributes holds those and the keys, and no others", async () => {
  const { client } = await start(undefined, [including("seen")]);
  const Item = { pk: { S: "claim" }, user: { S: "u1" }, seen: { S: "once" }, secret: { S: "kept" } };
  await client.send(new PutItemCommand({ TableName, Item }));
  const { Items } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: "by-user",
      KeyConditionExpression: "#user = :user",
      ExpressionAttributeNames: { "#user": "user" },
      ExpressionAttributeValues: { ":user": { S: "u1" } },
    }),
  );
  expect(Items).toEqual([{ pk: Item.pk, user: Item.user, seen: Item.seen }]);
});

test("starts on a table as it was, and not on one whose index holds something else", async () => {
  await (await start(directory, [including("seen", "twice")])).close();
  await (await start(directory, [including("twice", "seen")])).close();
  open = [];
  for (const other of [table, including("seen")]) {
    await expect(start(directory, [other])).rejects.toThrow(/has other keys or indexes/);
  }
});

function including(...NonKeyAttributes: string[]): LocalTable {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({
    ...index,
    Projection: { ProjectionType: "INCLUDE" as const, NonKeyAttributes },
  }));
  return { ...table, GlobalSecondaryIndexes: indexes };
}

test("closes while requests are under way", async () => {
  const started = await start();
  const puts = Promise.allSettled(Array.from({ length: 200 }, () => put(started.client, "u1")));
  await expect.poll(() => owner(started.client), { timeout: 20_000 }).toBe("u1");
  await started.close();
  open = [];
  expect((await puts).filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});
