import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalSystem } from "../../infra/local/start-local.ts";
import { HOOLI, LOGINS } from "../journeys/logins.ts";
import { MobileBackend, statuses } from "../journeys/mobile-backend.ts";
import { startForTests } from "../journeys/start-for-tests.ts";
import { targetOf } from "../journeys/target.ts";
import { type AwsCall, awsRecorder, itemBytes } from "../support/aws-recorder.ts";

const CREATE_CONNECTION = "functions/jobs/api/create-connection.lambda.ts";
const recorder = awsRecorder();
let system: LocalSystem;

beforeAll(async () => {
  system = await startForTests(100, recorder);
  await recorder.start();
});
afterAll(async () => {
  await system.close();
  await recorder.close();
});

const isStart = ({ by, operation }: AwsCall) =>
  by?.entry === CREATE_CONNECTION && operation === "StartExecution";
const actionsOf = (entry: string) =>
  recorder.calls
    .filter(({ by }) => by?.entry.includes(entry))
    .map(({ service, operation }) => `${service}:${operation}`);

test("every call is recorded with the function that made it, what was asked and what was replied", async () => {
  const backend = new MobileBackend(targetOf(system));
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await backend.untilOver(jobId);
  expect(recorder.calls.filter(({ by }) => by === undefined)).toEqual([]);
  expect(actionsOf("issue-token")).toEqual(["dynamodb:GetItem", "dynamodb:UpdateItem", "kms:Sign"]);
  const created = actionsOf("create-connection");
  expect(created.filter((action) => action === "dynamodb:PutItem")).toHaveLength(3);
  expect(created.at(-1)).toBe("states:StartExecution");
  expect(actionsOf("open-connection")).toContain("kms:Decrypt");
  const start = recorder.calls.find(isStart);
  expect(start?.request).toMatchObject({ name: `${jobId}-1` });
  expect(start?.reply).toMatchObject({ status: 200, body: { startDate: expect.any(Number) } });
  const read = recorder.calls.find(({ by }) => by?.entry.includes("get-job"));
  expect(itemBytes(read?.reply?.body["Item"])).toBeGreaterThan(100);
});

test("calls of functions that run at once are told apart, over connections that they share", async () => {
  const before = recorder.invocations.length;
  const users = Array.from({ length: 8 }, () => new MobileBackend(targetOf(system)));
  const ids = await Promise.all(users.map((user) => user.startJob(HOOLI, LOGINS.gavin)));
  await Promise.all(ids.map((id, index) => users[index]?.untilOver(id)));
  const opened = recorder.invocations.slice(before).filter(({ entry }) => entry.includes("open-connection"));
  expect(opened).toHaveLength(8);
  for (const { number } of opened) {
    const rows = recorder.calls
      .filter(({ by, service }) => by?.number === number && service === "dynamodb")
      .map(({ request }) => JSON.stringify(request));
    expect(ids.filter((id) => rows.some((row) => row.includes(id)))).toHaveLength(1);
  }
});

test("a call is held until it is released", async () => {
  const backend = new MobileBackend(targetOf(system));
  await backend.token();
  const held = recorder.hold(isStart);
  const connecting = backend.connect(HOOLI, LOGINS.gavin);
  const { request } = await held.arrived;
  const jobId = String(request["name"]).replace(/-1$/, "");
  expect(statuses((await backend.job(jobId)).steps)).toContain("verify-credentials: pending");
  held.release();
  expect((await connecting).status).toBe(202);
  await backend.untilOver(jobId);
});

test("a call fails without being performed, and the next one does not", async () => {
  const backend = new MobileBackend(targetOf(system));
  recorder.fail(isStart, "AccessDeniedException");
  expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(500);
  expect(recorder.calls.findLast(isStart)?.reply).toBeUndefined();
  expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(200);
  expect(recorder.calls.findLast(isStart)?.reply?.status).toBe(200);
});

test("a call whose reply is lost was performed, and is repeated", async () => {
  const before = recorder.calls.filter(isStart).length;
  const backend = new MobileBackend(targetOf(system));
  recorder.loseReply(isStart);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await backend.untilOver(jobId);
  const starts = recorder.calls.filter(isStart).slice(before);
  expect(starts.map(({ reply }) => reply?.status)).toEqual([200, 200]);
  expect(await backend.loginsSent()).toBe(1);
});
