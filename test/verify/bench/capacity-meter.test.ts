import { expect, test } from "vitest";
import type { RecordedCall } from "../../support/aws-recorder.ts";
import { capacityMeter } from "./capacity-meter.ts";

const table = { name: "Jobs", keyNames: ["pk"], indexes: [] };
const listed = { keyNames: ["pk", "listed"], projected: [] };
const row = (bytes: number, more = {}) => ({ pk: { S: "a" }, text: { S: "x".repeat(bytes - 7) }, ...more });

function call(
  operation: string,
  request: object,
  reply: { status?: number; Item?: object } = {},
): RecordedCall {
  const { status = 200, ...body } = reply;
  const named = { TableName: "Jobs", ...request };
  return {
    by: undefined,
    service: "dynamodb",
    operation,
    request: named,
    requestBytes: 0,
    reply: { status, body, bytes: 0 },
  };
}

const put = (item: object, status = 200) => call("PutItem", { Item: item }, { status });
const drop = call("DeleteItem", { Key: { pk: { S: "a" } } });
const get = (Item: object | undefined, ConsistentRead: boolean) =>
  call("GetItem", { Key: { pk: { S: "a" } }, ConsistentRead }, Item && { Item });

test("a write costs a unit for each started kilobyte of the larger of the item before and after", () => {
  const unitsOf = capacityMeter([table], (item) => item);
  const costs = [put(row(1024)), put(row(1025)), put(row(10)), drop, drop].map(
    (each) => unitsOf(each).writeUnits,
  );
  expect(costs).toEqual([1, 2, 2, 1, 1]);
});

test("a write whose condition does not hold costs as much, and changes nothing", () => {
  const unitsOf = capacityMeter([table], (item) => item);
  const costs = [put(row(10)), put(row(3000), 400), put(row(10))].map((each) => unitsOf(each).writeUnits);
  expect(costs).toEqual([1, 3, 1]);
});

test("a read costs a unit for each started four kilobytes, half as much when it may be old, and nothing less", () => {
  const unitsOf = capacityMeter([table], (item) => item);
  const costs = [get(row(4096), true), get(row(4097), true), get(row(4097), false), get(undefined, false)];
  expect(costs.map((each) => unitsOf(each).readUnits)).toEqual([1, 2, 1, 0.5]);
});

test("an index costs a write when its entry comes, goes or changes, and two when it moves", () => {
  const unitsOf = capacityMeter([{ ...table, indexes: [listed] }], (item) => item);
  const costs = [
    put(row(10)),
    put(row(10, { listed: { S: "here" } })),
    put(row(20, { listed: { S: "here" } })),
    put(row(20, { listed: { S: "there" } })),
    drop,
  ].map((each) => unitsOf(each).writeUnits);
  expect(costs).toEqual([1, 2, 1, 3, 2]);
});

const update = (UpdateExpression: string, more = {}, status = 200) =>
  call("UpdateItem", { Key: { pk: { S: "a" } }, UpdateExpression, ...more }, { status });

test("an update costs as the put of the item that it makes", () => {
  const unitsOf = capacityMeter([{ ...table, indexes: [listed] }], (item) => item);
  const there = { ":there": { S: "there" } };
  const costs = [
    put(row(1500, { listed: { S: "here" } })),
    update("SET listed = :there", { ExpressionAttributeValues: there }),
    update("REMOVE listed, nothing", {}, 400),
    update("REMOVE listed, nothing"),
    update("REMOVE text"),
    put(row(10)),
  ].map((each) => unitsOf(each).writeUnits);
  expect(costs).toEqual([2 + 1, 2 + 2, 2, 2 + 1, 2, 1]);
});

test("an update that sets and adds makes its row, and finds it when it comes again", () => {
  const unitsOf = capacityMeter([table], (item) => item);
  const values = { ":end": { N: "1767603900" }, ":many": { N: "99" } };
  const count = update("SET expiresAt = :end ADD requests :many", { ExpressionAttributeValues: values });
  const measured = [count, count].map((each) => unitsOf(each));
  const names = "pk" + "a" + "expiresAt" + "requests";
  // 99, and then 198.
  expect(measured).toMatchObject([
    { writeUnits: 1, itemBytes: names.length + 8 },
    { writeUnits: 1, itemBytes: names.length + 9 },
  ]);
});

test("an update of a kind that ours are not is refused", () => {
  const unitsOf = capacityMeter([table], (item) => item);
  for (const expression of ["ADD a :b, c :d", "SET a = :b, c = :d", "REMOVE a[1]", "DELETE a :b"]) {
    expect(() => unitsOf(update(expression))).toThrow(expression);
  }
});

test("a query costs what it finds, added up, and not less than half a unit", () => {
  const unitsOf = capacityMeter([table], (item) => item);
  const query = (...bytes: number[]) => {
    const reply = { status: 200, body: { Items: bytes.map((each) => row(each)) }, bytes: 0 };
    return { ...call("Query", {}), reply };
  };
  const costs = [query(), query(2000, 2000), query(2000, 2097), query(...Array(10).fill(1000))];
  expect(costs.map((each) => unitsOf(each).readUnits)).toEqual([0.5, 0.5, 1, 1.5]);
});

test("an item is priced as large as it is on AWS", () => {
  const unitsOf = capacityMeter([table], (item) => ({ ...item, token: { S: "x".repeat(2000) } }));
  expect(unitsOf(put(row(10)))).toMatchObject({ writeUnits: 2, itemBytes: 2015 });
});

test("an operation of which nothing is known is refused", () => {
  const unitsOf = capacityMeter([table], (item) => item);
  expect(() => unitsOf(call("Scan", {}))).toThrow("Scan");
});
