import { expect, onTestFinished, test } from "vitest";
import { NO_USAGE } from "../prices.ts";
import { dollarsAt } from "./page.ts";
import { type RecordedCall, startRecorder, startReplay } from "./replay.ts";
import { sourceAlone } from "./sdk-alone.ts";
import { firstReplyDollars, firstReplyMs, kneeOf, medianOf } from "./start-up.ts";

const start = { wallMs: 250, cpuMs: 200, peakMb: 100 };

test("the first reply takes the processor time divided by the share, and never less than without a limit", () => {
  expect(firstReplyMs(start, 1769 / 4)).toBe(800);
  expect(firstReplyMs(start, 1769)).toBe(250);
});

test("the first reply has the same price at every size at which the processor is the limit", () => {
  expect(firstReplyDollars(start, 256, 1000)).toBeCloseTo(firstReplyDollars(start, 128, 1000), 9);
  expect(firstReplyDollars(start, 1769, 1000)).toBeGreaterThan(firstReplyDollars(start, 1024, 1000));
});

// 1,382 ms at 256 MB, 691 ms at 512 MB, 345 ms at 1,024 MB, and never less than 250 ms.
test.each([
  { peakMb: 100, sizes: [256, 512, 1024], worthMs: 400, knee: 512 },
  { peakMb: 100, sizes: [256, 512, 1024], worthMs: 340, knee: 1024 },
  { peakMb: 600, sizes: [256, 512, 1024], worthMs: 400, knee: 1024 },
  { peakMb: 100, sizes: [128, 256], worthMs: 400, knee: undefined },
])("a process of $peakMb MB whose doubling has to save $worthMs ms gets $knee MB", (given) => {
  expect(kneeOf({ ...start, peakMb: given.peakMb }, given.sizes, given.worthMs)).toBe(given.knee);
});

test("the median of each figure is its own", () => {
  const starts = [
    { wallMs: 1, cpuMs: 9, peakMb: 5 },
    { wallMs: 3, cpuMs: 7, peakMb: 6 },
    { wallMs: 2, cpuMs: 8, peakMb: 4 },
  ];
  expect(medianOf(starts)).toEqual({ wallMs: 2, cpuMs: 8, peakMb: 5 });
});

test("the time that a function computes has the same price at every size; the time that it waits costs more at a larger one", () => {
  const computing = [{ ...NO_USAGE, calls: 1 }];
  expect(dollarsAt(computing, 384)).toBeCloseTo(dollarsAt(computing, 192), 12);
  const waiting = [{ ...NO_USAGE, sleptMs: 1000 }];
  expect(dollarsAt(waiting, 384)).toBeCloseTo(2 * dollarsAt(waiting, 192), 12);
});

function recorded(call: Partial<RecordedCall>, replyBody = "{}"): RecordedCall {
  const reply = { status: 200, headers: { "content-type": "application/json" }, body: replyBody };
  return { target: undefined, method: "GET", path: "/", headers: {}, body: "", ...call, reply };
}

const GET_ITEM = { method: "POST", target: "DynamoDB_20120810.GetItem" };

async function replay(calls: readonly RecordedCall[]) {
  const server = await startReplay(calls);
  onTestFinished(() => server.close());
  const ask = async (target: string) =>
    (await fetch(server.url, { method: "POST", headers: { "x-amz-target": target } })).text();
  return { ...server, ask };
}

test("a replay answers equal calls with their replies in order, and then with the last one", async () => {
  const { ask, restart } = await replay([
    recorded(GET_ITEM, "first"),
    recorded({ method: "POST", target: "TrentService.Sign" }, "signed"),
    recorded(GET_ITEM, "second"),
  ]);
  const asked = [await ask(GET_ITEM.target), await ask("TrentService.Sign"), await ask(GET_ITEM.target)];
  expect(asked).toEqual(["first", "signed", "second"]);
  expect(await ask(GET_ITEM.target)).toBe("second");
  restart();
  expect(await ask(GET_ITEM.target)).toBe("first");
});

test("a replay answers 404 to a call that was not recorded", async () => {
  const { url } = await replay([recorded({ path: "/jobs/1" })]);
  expect((await fetch(`${url}/jobs/1`)).status).toBe(200);
  expect((await fetch(`${url}/jobs/2`)).status).toBe(404);
});

test("a recorder forwards each call to its service or to the aggregator, and records it", async () => {
  const dynamo = await replay([recorded(GET_ITEM, "an item")]);
  const upstream = await replay([recorded({ path: "/jobs/1" }, "a job")]);
  const recorder = await startRecorder({ DynamoDB_20120810: dynamo.url }, upstream.url);
  onTestFinished(() => recorder.close());
  const headers = { "x-amz-target": GET_ITEM.target };
  const item = await fetch(recorder.url, { method: "POST", headers, body: "{}" });
  const job = await fetch(`${recorder.url}/jobs/1`);
  expect([await item.text(), await job.text()]).toEqual(["an item", "a job"]);
  expect(recorder.calls).toMatchObject([
    { target: GET_ITEM.target, body: "{}", reply: { status: 200, body: "an item" } },
    { target: undefined, method: "GET", path: "/jobs/1", reply: { body: "a job" } },
  ]);
});

test("the function with the SDK alone makes its clients, and makes the calls that were recorded", () => {
  const use = { "@aws-sdk/client-dynamodb": ["DynamoDBClient", "paginateQuery"] };
  const source = sourceAlone(use, [
    recorded({ method: "POST", target: "DynamoDB_20120810.Query", body: '{"TableName":"jobs"}' }),
    recorded({ path: "/jobs/1" }),
  ]);
  expect(source.split("\n")).toEqual([
    'import { DynamoDBClient, paginateQuery, QueryCommand } from "@aws-sdk/client-dynamodb";',
    "export const used = [DynamoDBClient, paginateQuery, QueryCommand];",
    "export async function handler() {",
    "  const dynamodbclient = new DynamoDBClient({});",
    '  await dynamodbclient.send(new QueryCommand({"TableName":"jobs"})).catch(() => undefined);',
    '  await fetch(process.env.UPSTREAM_URL + "/jobs/1", {"method":"GET","headers":{}}).then((response) => response.text());',
    "}",
  ]);
});
