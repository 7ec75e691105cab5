import { afterEach, expect, test } from "vitest";
import { secretsOf } from "../../local/tables.ts";
import { begun, cancel, resume } from "../calls.ts";
import { CANCEL_PHASES, endFaults } from "../cancel-phases.ts";
import { executionOf } from "../execution-of.ts";
import { LOGINS, PIED_PIPER } from "../logins.ts";
import { MobileBackend } from "../mobile-backend.ts";
import { untilQueued } from "../queued.ts";
import { localSystem } from "../start-for-tests.ts";
import { targetOf } from "../target.ts";

const system = localSystem(10);

const statusOf = (jobId: string, generation?: number) => executionOf(system(), jobId, generation).status();
const secretsLeft = async (jobId: string) => (await secretsOf(jobId)).length;

afterEach(() => endFaults(new MobileBackend(targetOf(system()))));

test.each(CANCEL_PHASES)(
  "a job that is cancelled when $title keeps no secret and no execution",
  async ({ reach, secrets }) => {
    const backend = new MobileBackend(targetOf(system()));
    const jobId = await reach(backend);
    expect([await statusOf(jobId), await secretsLeft(jobId)]).toEqual(["RUNNING", secrets]);
    expect((await cancel(backend, jobId)).status).toBe(202);
    expect([await statusOf(jobId), await secretsLeft(jobId)]).toEqual(["ABORTED", 0]);
  },
);

test("a job that is cancelled after it was resumed keeps neither execution", async () => {
  const backend = new MobileBackend(targetOf(system()));
  await backend.institution(PIED_PIPER, { status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await untilQueued(backend, jobId);
  await backend.institution(PIED_PIPER, { status: "operational" });
  expect(begun(await resume(backend, jobId))).toBe(jobId);
  await backend.untilAsked(jobId);
  expect([await statusOf(jobId, 1), await statusOf(jobId, 2)]).toEqual(["ABORTED", "RUNNING"]);
  // The job may be held again, so it still has its login.
  expect(await secretsLeft(jobId)).toBe(1);
  await cancel(backend, jobId);
  expect([await statusOf(jobId, 2), await secretsLeft(jobId)]).toEqual(["ABORTED", 0]);
});
