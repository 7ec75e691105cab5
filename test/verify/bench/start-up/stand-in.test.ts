import { expect, onTestFinished, test } from "vitest";
import { sourceAlone } from "./sdk-alone.ts";
import { type RecordedCall, startRecorder, startReplay } from "./stand-in.ts";

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

test("a replay gives the replies to calls that are alike in their order, and the last one again", async () => {
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

test("a recorder passes each call on to its service or to upstream, and writes it down", async () => {
  const dynamo = await replay([recorded(GET_ITEM, "an item")]);
  const upstream = await replay([recorded({ path: "/jobs/1" }, "a job")]);
  const services = { DynamoDB_20120810: dynamo.url };
  const recorder = await startRecorder({ services, upstreamUrl: upstream.url });
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
