import { afterEach, beforeEach, expect, test } from "vitest";
import { begun, cancel, resume } from "../../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { executionOf } from "../support/execution-of.ts";
import { secretsOf } from "../support/tables.ts";

const system = localSystem(10);

let backend: MobileBackend;
beforeEach(() => {
  backend = new MobileBackend(targetOf(system()));
});
afterEach(() => backend.faults([]));

const statusOf = (jobId: string, generation?: number) => executionOf(system(), jobId, generation).status();
const leftOf = async (jobId: string) => [await statusOf(jobId), (await secretsOf(jobId)).length];

test("a job that is cancelled while the bank verifies its login keeps neither login nor execution", async () => {
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  expect(await leftOf(jobId)).toEqual(["RUNNING", 1]);
  expect((await cancel(backend, jobId)).status).toBe(202);
  expect(await leftOf(jobId)).toEqual(["ABORTED", 0]);
});

test("a job that is cancelled while its answer is being sent keeps neither answer nor execution", async () => {
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  expect(await leftOf(jobId)).toEqual(["RUNNING", 0]);
  await backend.faults([{ method: "POST", path: "/jobs/*/mfa", times: 1_000, do: { status: 500 } }]);
  await backend.answer(jobId, ["1234"]);
  await expect.poll(() => backend.answersSent()).toBeGreaterThan(0);
  expect(await leftOf(jobId)).toEqual(["RUNNING", 1]);
  expect((await cancel(backend, jobId)).status).toBe(202);
  expect(await leftOf(jobId)).toEqual(["ABORTED", 0]);
});

test("a job that is cancelled after it was resumed keeps neither login nor execution", async () => {
  await backend.institution(PIED_PIPER, { status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await untilQueued(backend, jobId);
  await executionOf(system(), jobId).ended();
  expect(await leftOf(jobId)).toEqual(["SUCCEEDED", 1]);
  await backend.institution(PIED_PIPER, { status: "operational" });
  expect(begun(await resume(backend, jobId))).toBe(jobId);
  await backend.untilAsked(jobId);
  expect([await statusOf(jobId, 1), await statusOf(jobId, 2)]).toEqual(["SUCCEEDED", "RUNNING"]);
  // The job may be held again, so it still has its login.
  expect(await secretsOf(jobId)).toHaveLength(1);
  await cancel(backend, jobId);
  expect([await statusOf(jobId, 2), await secretsOf(jobId)]).toEqual(["ABORTED", []]);
});
