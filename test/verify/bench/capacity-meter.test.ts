import { expect, test } from "vitest";
import type { RecordedCall } from "../support/aws-recorder.ts";
import { capacityMeter } from "./capacity-meter.ts";

const table = { TableName: "Jobs", AttributeDefinitions: [], KeySchema: keys("pk") };
const listed = {
  IndexName: "listed",
  KeySchema: keys("listed"),
  Projection: { ProjectionType: "INCLUDE" },
} as const;
const indexed = { ...table, GlobalSecondaryIndexes: [listed] };
const key = { Key: { pk: { S: "a" } } };

function keys(AttributeName: string) {
  return [{ AttributeName, KeyType: "HASH" as const }];
}

/** A row of so many bytes, and more. */
const row = (bytes: number, more = {}) => ({ pk: { S: "a" }, text: { S: "x".repeat(bytes - 7) }, ...more });

function call(operation: string, request: object, body = {}, status = 200): RecordedCall {
  const reply = { status, body, bytes: 0 };
  const named = { TableName: "Jobs", ...request };
  return { by: undefined, service: "dynamodb", operation, request: named, requestBytes: 0, reply };
}

const put = (Item: object, status?: number) => call("PutItem", { Item }, {}, status);
const remove = call("DeleteItem", key);
const get = (Item: object | undefined, ConsistentRead: boolean) =>
  call("GetItem", { ...key, ConsistentRead }, { Item });
const query = (...bytes: number[]) => call("Query", {}, { Items: bytes.map((each) => row(each)) });
const update = (UpdateExpression: string, values = {}, status?: number) =>
  call("UpdateItem", { ...key, UpdateExpression, ExpressionAttributeValues: values }, {}, status);

function writeUnits(calls: readonly RecordedCall[], tables = [table]): number[] {
  return calls.map(capacityMeter(tables, (item) => item)).map((capacity) => capacity.writeUnits);
}

function readUnits(calls: readonly RecordedCall[]): number[] {
  return calls.map(capacityMeter([table], (item) => item)).map((capacity) => capacity.readUnits);
}

test("a write costs a unit for each started kilobyte of the larger of the item before and after", () => {
  expect(writeUnits([put(row(1024)), put(row(1025)), put(row(10)), remove, remove])).toEqual([1, 2, 2, 1, 1]);
});

test("a write whose condition does not hold costs as much, and changes nothing", () => {
  expect(writeUnits([put(row(10)), put(row(3000), 400), put(row(10))])).toEqual([1, 3, 1]);
});

test("a read costs a unit for each started four kilobytes, half as much when it may be old, and nothing less", () => {
  const calls = [get(row(4096), true), get(row(4097), true), get(row(4097), false), get(undefined, false)];
  expect(readUnits(calls)).toEqual([1, 2, 1, 0.5]);
});

test("a query costs what it finds, added up, and not less than half a unit", () => {
  const calls = [query(), query(2000, 2000), query(2000, 2097), query(...Array(10).fill(1000))];
  expect(readUnits(calls)).toEqual([0.5, 0.5, 1, 1.5]);
});

test("a batch costs what each of its items costs, also of those that are not there", () => {
  const batch = (ConsistentRead: boolean) =>
    call(
      "BatchGetItem",
      { RequestItems: { Jobs: { Keys: [{}, {}, {}], ConsistentRead } } },
      { Responses: { Jobs: [row(10), row(4097)] } },
    );
  expect(readUnits([batch(true), batch(false)])).toEqual([4, 2]);
});

test("an index costs a write when its entry comes, goes or changes, and two when it moves", () => {
  const [here, there] = [{ listed: { S: "here" } }, { listed: { S: "there" } }];
  const calls = [put(row(10)), put(row(10, here)), put(row(20, here)), put(row(20, there)), remove];
  expect(writeUnits(calls, [indexed])).toEqual([1, 2, 1, 3, 2]);
});

test("an update costs as the put of the item that it makes", () => {
  const calls = [
    put(row(1500, { listed: { S: "here" } })),
    update("SET listed = :there", { ":there": { S: "there" } }),
    update("REMOVE listed, nothing", {}, 400),
    update("REMOVE listed, nothing"),
    update("REMOVE text"),
    put(row(10)),
  ];
  expect(writeUnits(calls, [indexed])).toEqual([2 + 1, 2 + 2, 2, 2 + 1, 2, 1]);
});

test("an update that sets and adds makes its row, and finds it when it comes again", () => {
  const values = { ":end": { N: "1767603900" }, ":many": { N: "99" } };
  const count = update("SET expiresAt = :end ADD requests :many", values);
  const measured = [count, count].map(capacityMeter([table], (item) => item));
  const names = "pk" + "a" + "expiresAt" + "requests";
  // 99, and then 198.
  expect(measured).toMatchObject([
    { writeUnits: 1, itemBytes: names.length + 8 },
    { writeUnits: 1, itemBytes: names.length + 9 },
  ]);
});

test("an update that adds numbers and elements of a set makes them with the names of its expression", () => {
  const add = (tokens: string[]) =>
    call("UpdateItem", {
      ...key,
      UpdateExpression: "ADD #set :set, #n0 :n0 SET expiresAt = :end",
      ExpressionAttributeNames: { "#set": "counted", "#n0": "r0" },
      ExpressionAttributeValues: { ":set": { SS: tokens }, ":n0": { N: "1" }, ":end": { N: "1767603900" } },
    });
  const measured = [add(["aaaaaa"]), add(["aaaaaa", "bbbbbb"])].map(capacityMeter([table], (item) => item));
  const names = "pk" + "a" + "counted" + "r0" + "expiresAt";
  // A number of ten digits has 6 bytes, and one of one digit 2; a set has 3, and 1 more for each element.
  const [first, second] = [names.length + 6 + 2 + 3 + 7, names.length + 6 + 2 + 3 + 14];
  expect(measured.map(({ itemBytes }) => itemBytes)).toEqual([first, second]);
});

test("an item is priced as large as it is on AWS", () => {
  const unitsOf = capacityMeter([table], (item) => ({ ...item, token: { S: "x".repeat(2000) } }));
  expect(unitsOf(put(row(10)))).toMatchObject({ writeUnits: 2, itemBytes: 2015 });
});

test.each([
  ...["ADD a.b :c", "SET a = :b + :c", "REMOVE a[1]", "DELETE a :b"].map((each) => update(each)),
  call("Scan", {}),
])("a call of which nothing is known is refused: $operation $request.UpdateExpression", (unknown) => {
  const unitsOf = capacityMeter([table], (item) => item);
  const named = unknown.request["UpdateExpression"] ?? unknown.operation;
  expect(() => unitsOf(unknown)).toThrow(String(named));
});
