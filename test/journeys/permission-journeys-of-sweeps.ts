import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { expect } from "vitest";
import * as z from "zod";
import { cancel } from "./calls.ts";
import { rowsOfAll, secretsOf } from "./local/tables.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { ALL_DONE, statuses } from "./mobile-backend.ts";
import type { ObservedSystem } from "./observed-system.ts";
import { callOf, newestJob, type PermissionJourney, rowCall } from "./permission-journey.ts";

/** Far more than any needs, whatever the machine's speed. */
const MAX_SWEEPS = 500;
const SWEEP_EVERY_MS = 20;
/** A refusal that no client repeats. */
const DENIED = "AccessDeniedException";

/** Has the sweeper look at a job now, and not when it would be due, until that has mended it. */
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
  throw new Error("No sweep has mended it.");
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

const sweptRow = z.object({ pk: z.object({ S: z.string() }), sweep: z.object({ S: z.string() }) });

/** The jobs that a sweep will look at, sooner or later. */
async function jobsToSweep(): Promise<string[]> {
  const rows = (await rowsOfAll()).map((row) => sweptRow.safeParse(row));
  return rows.flatMap(({ data }) => data?.pk.S.replace(/^job#/, "") ?? []);
}

/** A job whose request dies at one of its calls, and which the sweeper takes to its end. */
async function goesOnWithout(system: ObservedSystem, call: ReturnType<typeof callOf>): Promise<string[]> {
  const backend = system.newBackend();
  system.recorder.fail(call, DENIED);
  expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(500);
  const jobId = await newestJob(backend);
  system.plan(jobId, {});
  await sweepUntil(system, jobId, async () => system.execution(jobId).exists());
  expect(statuses((await system.over(backend, jobId)).steps)).toContain("retrieve-transactions: success");
  return [jobId];
}

/** Journeys of jobs that something has died on, and the sweeper finishes. */
export const JOURNEYS_OF_SWEEPS: readonly PermissionJourney[] = [
  {
    // First, so that no sweep of the others meets what is left by now.
    title: "jobs that are over have left something, as the one that was cancelled while its bank asked",
    async walk(system) {
      expect(await jobsToSweep()).not.toEqual([]);
      const table = system.deployed().tables[0]?.TableName;
      for (const jobId of await jobsToSweep()) await makeDue(table, jobId);
      await system.sweep();
      expect(await jobsToSweep()).toEqual([]);
      return [];
    },
  },
  {
    title: "a request dies before it has started its job",
    walk: (system) => goesOnWithout(system, callOf("api/create-connection", "StartExecution")),
  },
  {
    title: "a request dies before its job has its claim",
    walk: (system) => goesOnWithout(system, rowCall("api/create-connection", "PutItem", "pk", "claim#")),
  },
  {
    title: "a request dies before its job has its claim, and is repeated",
    async walk(system) {
      const backend = system.newBackend();
      system.recorder.fail(rowCall("api/create-connection", "PutItem", "pk", "claim#"), DENIED);
      expect((await backend.connect(HOOLI, LOGINS.gavin)).status).toBe(500);
      const lost = await newestJob(backend);
      const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
      await sweepUntil(system, lost, async () => (await backend.readJob(lost)).status === 404);
      expect(await secretsOf(lost)).toEqual([]);
      await system.over(backend, jobId);
      expect(await backend.loginsSent()).toBe(1);
      return [jobId];
    },
  },
  {
    title: "somebody stops the execution of a job that waits for an answer",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, jobId);
      const operator = new SFNClient({});
      await operator.send(new StopExecutionCommand({ executionArn: system.execution(jobId).arn }));
      operator.destroy();
      await sweepUntil(system, jobId, async () => system.execution(jobId, 2).exists());
      // At this pace the challenge may be over by now: how the job ends is told elsewhere.
      await backend.answer(jobId, ["1234"]);
      await system.execution(jobId, 2).ended();
      expect(await backend.loginsSent()).toBe(1);
      return [jobId];
    },
  },
  {
    title: "an answer's request dies before it could say that it has kept the answer",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, jobId);
      system.recorder.fail(rowCall("api/answer-mfa", "PutItem", "pk", "job#"), DENIED);
      expect((await backend.answer(jobId, ["1234"])).status).toBe(500);
      await sweepUntil(system, jobId, async () => (await backend.answersSent()) === 1);
      expect(statuses((await system.over(backend, jobId)).steps)).toEqual(ALL_DONE);
      return [jobId];
    },
  },
  {
    title: "a cancelling request dies before it has stopped the execution",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, jobId);
      system.recorder.fail(callOf("api/cancel-job", "StopExecution"), DENIED);
      expect((await cancel(backend, jobId)).status).toBe(500);
      await sweepUntil(system, jobId, async () => (await secretsOf(jobId)).length === 0);
      expect((await system.execution(jobId).ended()).status).toBe("Aborted");
      return [jobId];
    },
  },
];
