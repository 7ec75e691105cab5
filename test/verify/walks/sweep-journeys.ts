import { setTimeout as sleep } from "node:timers/promises";
import {
  type AttributeValue,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { expect } from "vitest";
import * as z from "zod";
import { cancel, newestJob, resume } from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, statuses } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { rowsOfAll, secretsOf } from "../support/tables.ts";
import { startReceiver } from "../webhooks/receiver.ts";
import type { ObservedSystem } from "./observed-system.ts";
import { callOf, journey, type PermissionJourney, rowCall } from "./permission-journeys.ts";
import { newWebhook, untilDeleted } from "./webhook-journeys.ts";

/** Far more than any journey needs, on any machine. */
const MAX_SWEEPS = 500;
const SWEEP_EVERY_MS = 20;
/** An error that the SDK does not retry. */
const DENIED = "AccessDeniedException";

/** Makes a job due for the sweeper now, and sweeps until it is mended. */
async function sweepUntil(
  system: ObservedSystem,
  jobId: string,
  isMended: () => Promise<boolean>,
): Promise<void> {
  await makeDue(system.deployed().tables[0]?.TableName, jobId);
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps++) {
    await system.sweep();
    if (await isMended()) return;
    await sleep(SWEEP_EVERY_MS);
  }
  throw new Error("No sweep mended the job.");
}

async function makeDue(TableName: string | undefined, jobId: string): Promise<void> {
  const client = new DynamoDBClient({});
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: { pk: { S: `job#${jobId}` } },
      UpdateExpression: "SET sweepAt = :longAgo",
      ExpressionAttributeValues: { ":longAgo": { S: new Date(0).toISOString() } },
    }),
  );
  client.destroy();
}

const rowInQueue = z.looseObject({
  pk: z.string(),
  queue: z.looseObject({ waitsFor: z.string().optional() }),
});
type RowInQueue = z.infer<typeof rowInQueue>;

async function queuedRow(jobId: string): Promise<RowInQueue> {
  const rows = (await rowsOfAll()).map((row) => unmarshall(z.record(z.string(), anyValue).parse(row)));
  return rowInQueue.parse(rows.find(({ pk }) => pk === `job#${jobId}`));
}

const anyValue = z.custom<AttributeValue>();

/** Writes what time, or an earlier version, would have written. */
async function changeRow(
  system: ObservedSystem,
  jobId: string,
  change: (row: RowInQueue) => object,
): Promise<void> {
  const client = new DynamoDBClient({});
  const TableName = system.deployed().tables[0]?.TableName;
  const Item = marshall(change(await queuedRow(jobId)), { removeUndefinedValues: true });
  await client.send(new PutItemCommand({ TableName, Item }));
  client.destroy();
}

const sweptRow = z.object({
  pk: z.object({ S: z.string().startsWith("job#") }),
  sweep: z.object({ S: z.string() }),
});

/** The jobs that will become due for the sweeper. */
async function jobsToSweep(): Promise<string[]> {
  const rows = (await rowsOfAll()).map((row) => sweptRow.safeParse(row));
  return rows.flatMap(({ data }) => data?.pk.S.replace(/^job#/, "") ?? []);
}

/** A request fails at one of its calls, and the sweeper takes its job to the end. */
async function goesOnWithout(system: ObservedSystem, call: ReturnType<typeof callOf>): Promise<string[]> {
  const backend = system.newBackend();
  system.recorder.fail(call, DENIED);
  expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(503);
  const jobId = await newestJob(backend);
  system.plan(jobId, {});
  await sweepUntil(system, jobId, async () => system.execution(jobId).exists());
  expect(statuses((await system.over(backend, jobId)).steps)).toContain("retrieve-transactions: success");
  return [jobId];
}

/** Journeys of jobs whose request or execution died. The sweeper takes them to the end. */
export const SWEEP_JOURNEYS: readonly PermissionJourney[] = [
  // First, so that the sweeps of the others do not meet what earlier journeys left.
  journey("the sweeper cleans up what finished jobs left", async (system) => {
    expect(await jobsToSweep()).not.toEqual([]);
    const table = system.deployed().tables[0]?.TableName;
    for (const jobId of await jobsToSweep()) await makeDue(table, jobId);
    await system.sweep();
    expect(await jobsToSweep()).toEqual([]);
    return [];
  }),
  {
    title: "a request dies before it starts the execution of its job",
    walk: (system) => goesOnWithout(system, callOf("api/create-connection", "StartExecution")),
  },
  {
    title: "a request dies before it writes the claim",
    walk: (system) => goesOnWithout(system, rowCall("api/create-connection", "PutItem", "pk", "claim#")),
  },
  journey("a request dies before it writes the claim, and is repeated", async (system, backend) => {
    system.recorder.fail(rowCall("api/create-connection", "PutItem", "pk", "claim#"), DENIED);
    expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(503);
    const lost = await newestJob(backend);
    const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
    await sweepUntil(system, lost, async () => (await backend.readJob(lost)).status === 404);
    expect(await secretsOf(lost)).toEqual([]);
    await system.over(backend, jobId);
    expect(await backend.loginsSent()).toBe(1);
    return [jobId];
  }),
  journey("a request with an answer dies after it stored the answer", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    system.recorder.fail(rowCall("api/answer-mfa", "PutItem", "pk", "job#"), DENIED);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(503);
    await sweepUntil(system, jobId, async () => (await backend.answersSent()) === 1);
    expect(statuses((await system.over(backend, jobId)).steps)).toEqual(ALL_DONE);
    return [jobId];
  }),
  journey("an operator stops the execution of a job that waits for an answer", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    const operator = new SFNClient({});
    await operator.send(new StopExecutionCommand({ executionArn: system.execution(jobId).arn }));
    operator.destroy();
    await sweepUntil(system, jobId, async () => system.execution(jobId, 2).exists());
    // At this pace the challenge may have expired by now, so the end of the job may differ.
    await backend.answer(jobId, ["1234"]);
    await system.execution(jobId, 2).ended();
    expect(await backend.loginsSent()).toBe(1);
    return [jobId];
  }),
  journey(
    "a job whose attempt is due waits for its bank, and goes on when a look finds it back",
    async (system, backend) => {
      const jobId = await system.startJob(backend, HOOLI_GOV, LOGINS.jianYang);
      await untilQueued(backend, jobId);
      await backend.institution(HOOLI_GOV, { status: "major-outage" });
      const longAgo = new Date(0).toISOString();
      await changeRow(system, jobId, (row) => ({
        ...row,
        queue: { ...row.queue, nextAttemptAt: longAgo, uncounted: 2 },
      }));
      const isAwaited = async () => (await queuedRow(jobId)).queue.waitsFor === "bank";
      await sweepUntil(system, jobId, isAwaited);
      const receiver = await startReceiver((response) => response.end());
      const webhook = await newWebhook(backend, {
        url: receiver.url,
        subscribedEvents: ["institution.down"],
      });
      await system.lookAtBanks();
      await expect.poll(() => receiver.requests.length).toBe(1);
      expect((await backend.call("DELETE", webhook)).status).toBe(204);
      await untilDeleted();
      await backend.institution(HOOLI_GOV, { status: "operational" });
      await system.lookAtBanks();
      await system.execution(jobId, 2).ended();
      await cancel(backend, jobId);
      return [jobId];
    },
  ),
  journey("a job that an earlier version has queued is resumed", async (system, backend) => {
    const jobId = await system.startJob(backend, HOOLI, LOGINS.jianYang);
    await untilQueued(backend, jobId);
    await changeRow(system, jobId, ({ queue: { waitsFor: _, ...queue }, ...row }) => ({ ...row, queue }));
    expect((await resume(backend, jobId)).status).toBe(202);
    await system.execution(jobId, 2).ended();
    await cancel(backend, jobId);
    return [jobId];
  }),
  journey("a request to cancel dies before it stops the execution", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    system.recorder.fail(callOf("api/cancel-job", "StopExecution"), DENIED);
    expect((await cancel(backend, jobId)).status).toBe(503);
    await sweepUntil(system, jobId, async () => (await secretsOf(jobId)).length === 0);
    expect((await system.execution(jobId).ended()).status).toBe("Aborted");
    return [jobId];
  }),
];
