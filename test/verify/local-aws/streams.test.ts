import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { AbstractLevel } from "abstract-level";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { startDynamoDb } from "../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { fits, recordFilter } from "../../../infra/local/aws/dynamodb/record-filter.ts";
import { streamRecord } from "../../../infra/local/aws/dynamodb/stream.ts";
import { type ChangeRecord, StreamLog } from "../../../infra/local/aws/dynamodb/stream-log.ts";
import { RecordDelivery } from "../../../infra/local/deliver-records.ts";
import { sdkSettings } from "../../support/local-workflow.ts";

const TableName = "jobs";
const tables = [
  {
    TableName,
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" as const }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" as const }],
  },
];
const filters = [
  recordFilter.parse({ eventName: ["MODIFY"], dynamodb: { Keys: { pk: { S: [{ prefix: "job#" }] } } } }),
];
const streams = [{ tableName: TableName, filters }];

let directory: string;
let closers: (() => Promise<void>)[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "streams-"));
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(directory, { recursive: true });
});
const logFile = () => join(directory, "records.jsonl");

async function database(log: StreamLog, path?: string) {
  const records: ChangeRecord[] = [];
  const options = { streams, log, onRecord: (record: ChangeRecord) => void records.push(record) };
  const endpoint = await startDynamoDb({ tables, streams: options, ...(path !== undefined && { path }) });
  const client = new DynamoDBClient(sdkSettings(endpoint.url));
  const close = async () => {
    client.destroy();
    await endpoint.close();
  };
  closers.push(close);
  return { client, records };
}

const put = (client: DynamoDBClient, pk: string, version: string, ConditionExpression?: string) =>
  client.send(
    new PutItemCommand({
      TableName,
      Item: { pk: { S: pk }, version: { N: version } },
      ...(ConditionExpression !== undefined && { ConditionExpression }),
    }),
  );

describe("a write to a table with a stream", () => {
  test("whose client gives up while it waits for its turn does not stop later writes of the item", async () => {
    const { client, records } = await database(new StreamLog(undefined));
    const givingUp = Array.from({ length: 20 }, () => {
      const command = new PutItemCommand({ TableName, Item: { pk: { S: "job#1" }, version: { N: "1" } } });
      const abort = new AbortController();
      const sent = client.send(command, { abortSignal: abort.signal });
      setImmediate(() => setImmediate(() => abort.abort()));
      return sent;
    });
    await Promise.allSettled(givingUp);
    await put(client, "job#1", "2");
    await expect.poll(() => records.at(-1)?.now?.["version"]).toEqual({ N: "2" });
  });

  test("whose client gives up while it is made has its record all the same", async () => {
    const { put: write } = AbstractLevel.prototype;
    const written = vi.spyOn(AbstractLevel.prototype, "put");
    onTestFinished(() => written.mockRestore());
    const { client, records } = await database(new StreamLog(undefined));
    const giveUp = new AbortController();
    written.mockImplementation(async function (this: unknown, ...item) {
      giveUp.abort();
      await sleep(100);
      return Reflect.apply(write, this, item);
    });
    const command = new PutItemCommand({ TableName, Item: { pk: { S: "job#1" } } });
    await expect(client.send(command, { abortSignal: giveUp.signal })).rejects.toThrow("aborted");
    await expect.poll(() => records.map(({ now }) => now)).toEqual([{ pk: { S: "job#1" } }]);
  });

  test("makes a record of the item before and after, whatever the operation", async () => {
    const { client, records } = await database(new StreamLog(undefined));
    await put(client, "job#1", "1");
    await put(client, "job#1", "2");
    const Key = { pk: { S: "job#1" } };
    const UpdateExpression = "REMOVE version";
    await client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression }));
    await client.send(new DeleteItemCommand({ TableName, Key }));
    await expect.poll(() => records.length).toBe(4);
    const seen = records.map((record) => {
      const { eventName, dynamodb } = streamRecord(record);
      return [eventName, dynamodb.OldImage?.["version"], dynamodb.NewImage?.["version"]];
    });
    expect(seen).toEqual([
      ["INSERT", undefined, { N: "1" }],
      ["MODIFY", { N: "1" }, { N: "2" }],
      ["MODIFY", { N: "2" }, undefined],
      ["REMOVE", undefined, undefined],
    ]);
  });

  test("makes none when it is refused, changes nothing, or is of a row that no function wants", async () => {
    const { client, records } = await database(new StreamLog(undefined));
    await put(client, "job#1", "1");
    await put(client, "job#1", "1");
    await put(client, "claim#1", "1");
    await expect(put(client, "job#1", "2", "attribute_not_exists(pk)")).rejects.toThrow();
    await put(client, "job#2", "1");
    await expect.poll(() => records.map(({ key }) => key["pk"])).toEqual([{ S: "job#1" }, { S: "job#2" }]);
  });

  test("makes one record each of many writes at once, each from the item that the one before left", async () => {
    const { client, records } = await database(new StreamLog(undefined));
    await Promise.all(Array.from({ length: 20 }, (_, index) => put(client, "job#1", String(index))));
    await expect.poll(() => records.length).toBe(20);
    for (const [index, { old }] of records.entries()) expect(old).toEqual(records[index - 1]?.now);
  });
});

describe("after a crash", () => {
  test("a write that was made is delivered, and one that was not is forgotten", async () => {
    const path = join(directory, "db");
    const first = new StreamLog(logFile());
    const { client } = await database(first, path);
    await put(client, "job#made", "1");
    await expect.poll(() => first.records.length).toBe(1);
    for (const record of first.records) first.over(record);
    first.begin(TableName, { pk: { S: "job#made" } }, { pk: { S: "job#made" }, version: { N: "0" } });
    first.begin(TableName, { pk: { S: "job#unmade" } }, undefined);
    await closers.pop()?.();
    // The last line was not written to its end.
    writeFileSync(logFile(), `${readFileSync(logFile(), "utf8")}{"beg`);

    const second = new StreamLog(logFile());
    expect(second.begun).toHaveLength(2);
    await database(second, path);
    expect(second.begun).toEqual([]);
    expect(second.records).toMatchObject([{ key: { pk: { S: "job#made" } }, now: { version: { N: "1" } } }]);
    expect(new StreamLog(logFile()).records).toEqual(second.records);
  });

  test("a log that is damaged in the middle is refused with its line", () => {
    writeFileSync(logFile(), 'no\n{"over":1}\n');
    expect(() => new StreamLog(logFile())).toThrow(`${logFile()}:1 is not a line of a log of records.`);
  });
});

describe("the function of a stream", () => {
  /** Records of two rows, and a function that fails when the test says so. */
  function delivering(fails: (pk: string, call: number) => boolean, log = new StreamLog(undefined)) {
    const delivered: string[] = [];
    const pauses: number[] = [];
    let calls = 0;
    const delivery = new RecordDelivery({
      mappings: [{ tableName: TableName, functionArn: "store", filters }],
      log,
      timeScale: 10,
      delay: async (ms) => void pauses.push(ms),
      invoke: async (_, event) => {
        const [{ dynamodb }] = Object(event).Records;
        const text = `${dynamodb.Keys.pk.S} ${dynamodb.NewImage.version.N}`;
        calls += 1;
        if (fails(dynamodb.Keys.pk.S, calls)) throw new Error("down");
        delivered.push(text);
      },
    });
    const change = (pk: string, version: number) => {
      const image = (number: number) => ({ pk: { S: pk }, version: { N: String(number) } });
      const begun = log.begin(TableName, { pk: { S: pk } }, image(version - 1));
      const record = log.made(begun, image(version));
      if (record !== undefined) delivery.add(record);
    };
    closers.push(() => delivery.close());
    return { delivered, pauses, change, log };
  }

  test("gets the records of each row in order, and again until it succeeds; other rows do not wait", async () => {
    let isDown = true;
    const { delivered, pauses, change, log } = delivering((pk) => isDown && pk === "job#1");
    for (const version of [1, 2]) for (const pk of ["job#1", "job#2"]) change(pk, version);
    await expect.poll(() => delivered).toEqual(["job#2 1", "job#2 2"]);
    expect(log.records).toHaveLength(2);
    isDown = false;
    await expect.poll(() => delivered.slice(2)).toEqual(["job#1 1", "job#1 2"]);
    expect(log.records).toEqual([]);
    expect(new Set(pauses)).toEqual(new Set([100]));
  });

  test("gets at the next start what it did not get before", async () => {
    const log = new StreamLog(logFile());
    const before = delivering(() => true, log);
    before.change("job#1", 1);
    await closers.pop()?.();
    const after = delivering(() => false, new StreamLog(logFile()));
    await expect.poll(() => after.delivered).toEqual(["job#1 1"]);
    expect(existsSync(logFile())).toBe(true);
  });
});

test("a filter compares texts and beginnings, and refuses what it does not know", () => {
  expect(fits({ a: ["x", { prefix: "y" }] }, { a: "yes" })).toBe(true);
  expect(fits({ a: ["x", { prefix: "y" }] }, { a: "z" })).toBe(false);
  expect(fits({ a: { b: ["x"] } }, {})).toBe(false);
  expect(recordFilter.safeParse({ a: [{ suffix: "x" }] }).success).toBe(false);
});
