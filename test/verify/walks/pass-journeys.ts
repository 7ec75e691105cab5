import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { allBegun, begun, connectionOf, connectionPath, update } from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "../../journeys/mobile-backend.ts";
import { adoptAll, Elsewhere, uploadStatement } from "../adopt/elsewhere.ts";
import { newLink } from "../links/links.ts";
import { rowsOfAll } from "../support/tables.ts";
import { WAIT } from "./definition.ts";
import type { ObservedSystem } from "./observed-system.ts";
import { callOf, type PermissionJourney } from "./permission-journeys.ts";
import { newWebhook } from "./webhook-journeys.ts";

/** An error that the SDK does not retry. */
const DENIED = "AccessDeniedException";

/** A webhook whose receiver cannot be reached: the messages of its events wait. */
const INACTIVE = { url: "https://receiver.invalid/hook", ordering: "job" };

const userPath = ({ userId }: MobileBackend) => `/users/${userId}`;

/** A user with a row of every kind: a claim, a refused login, a reply to an Idempotency-Key, a count, a link, and an open job. */
async function userWithRows(system: ObservedSystem) {
  const backend = system.newBackend();
  const jobId = await system.startJob(backend, HOOLI, { ...LOGINS.gavin, password: "mistyped" });
  await system.over(backend, jobId);
  const headers = {
    authorization: `Bearer ${await backend.token()}`,
    "content-type": "application/json",
    "idempotency-key": "key-1",
  };
  await newLink(backend, backend.userId);
  const body = JSON.stringify({ ...LOGINS.jared, institution: { id: PIED_PIPER } });
  await backend.faults(BANK_OUT_OF_SIGHT);
  const open = begun(await backend.send("POST", `${userPath(backend)}/connections`, { headers, body }));
  system.plan(open, {});
  // The bank stays out of sight: a Task that reads the new connection would take its claim after the erasure.
  await system.execution(open).entered(WAIT);
  return backend;
}

/** The rows that name a user, but for those that tell of the deletion. */
const rowsWith = async (userId: string) =>
  (await rowsOfAll())
    .map((row) => JSON.stringify(row))
    .filter((row) => row.includes(userId) && !row.includes("user.deleted")).length;

async function makeErasuresDue(TableName: string | undefined): Promise<void> {
  const client = new DynamoDBClient({});
  for (const { pk } of await rowsOfAll()) {
    if (!JSON.stringify(pk ?? "").includes("erased#")) continue;
    const ExpressionAttributeValues = { ":longAgo": { S: new Date(0).toISOString() } };
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: { pk: { S: String(Reflect.get(Object(pk), "S")) } },
        UpdateExpression: "SET sweepAt = :longAgo",
        ExpressionAttributeValues,
      }),
    );
  }
  client.destroy();
}

/** Journeys of requests that pass to the aggregator. */
export const PASS_JOURNEYS: readonly PermissionJourney[] = [
  {
    title: "a user is changed, and a page without a token reads the banks",
    async walk(system) {
      const backend = system.newBackend();
      expect((await backend.call("POST", userPath(backend), { mobile: "+61400000000" })).status).toBe(200);
      expect((await backend.send("GET", "/public/institutions")).status).toBe(200);
      return [];
    },
  },
  {
    title: "a job that began at the aggregator is adopted, and again",
    async walk(system) {
      const backend = system.newBackend();
      const first = await system.startJob(backend, HOOLI, LOGINS.gavin);
      await system.over(backend, first);
      const upstreamJobId = await new Elsewhere(backend).connect(HOOLI_GOV, LOGINS.gavin);
      const [jobId = ""] = allBegun(await adoptAll(backend, [upstreamJobId]));
      expect(allBegun(await adoptAll(backend, [upstreamJobId]))).toEqual([jobId]);
      system.plan(jobId, {});
      await system.over(backend, jobId);
      return [first, jobId];
    },
  },
  {
    title: "a statement is uploaded",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = begun(await uploadStatement(backend, PIED_PIPER));
      system.plan(jobId, {});
      await system.over(backend, jobId);
      return [jobId];
    },
  },
  {
    title: "a connection is deleted while its update runs",
    async walk(system) {
      const backend = system.newBackend();
      const first = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, first);
      await backend.answer(first, ["1234"]);
      await system.over(backend, first);
      const connectionId = await connectionOf(backend, first);
      await backend.faults(BANK_OUT_OF_SIGHT);
      const jobId = begun(await update(backend, connectionId, LOGINS.jared));
      system.plan(jobId, {});
      await system.execution(jobId).entered(WAIT);
      expect((await backend.call("DELETE", connectionPath(backend, connectionId))).status).toBe(204);
      await backend.faults([]);
      expect((await system.execution(jobId).ended()).status).toBe("Aborted");
      return [first];
    },
  },
  {
    title: "a user is erased while a job runs",
    async walk(system) {
      const path = await newWebhook(system.newBackend(), INACTIVE);
      const backend = await userWithRows(system);
      expect((await backend.call("DELETE", userPath(backend))).status).toBe(204);
      expect((await backend.call("DELETE", path)).status).toBe(204);
      expect(await rowsWith(backend.userId)).toBe(0);
      await backend.faults([]);
      return [];
    },
  },
  {
    title: "a request to erase a user dies before it deletes the user's rows",
    async walk(system) {
      const path = await newWebhook(system.newBackend(), INACTIVE);
      const backend = await userWithRows(system);
      system.recorder.fail(callOf("erase-user", "Query"), DENIED);
      expect((await backend.call("DELETE", userPath(backend))).status).toBe(503);
      expect(await rowsWith(backend.userId)).toBeGreaterThan(0);
      await makeErasuresDue(system.deployed().tables[0]?.TableName);
      await system.sweep();
      expect(await rowsWith(backend.userId)).toBe(0);
      expect((await backend.call("DELETE", path)).status).toBe(204);
      await backend.faults([]);
      return [];
    },
  },
];
