import { afterEach, expect, test } from "vitest";
import { begun, connected, refresh, resume } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend, statuses } from "./mobile-backend.ts";
import { untilQueued } from "./queued.ts";
import { target } from "./target.ts";

/** A quarter of an hour is 1.8 s. */
const TIME_SCALE = 500;
const LIMIT_MS = (15 * 60_000) / TIME_SCALE;
const reached = target(TIME_SCALE);
const TIMED_OUT = { title: "verify-credentials", status: "failed", result: { code: "job-timed-out" } };

const newBackend = () => new MobileBackend(reached());
afterEach(() => newBackend().faults([]));

const WORKING = JSON.stringify({
  id: "working",
  updated: "2026-01-05T09:00:00Z",
  steps: [
    { title: "verify-credentials", status: "in-progress" },
    { title: "retrieve-accounts", status: "pending" },
    { title: "retrieve-transactions", status: "pending" },
  ],
});

test.each([
  ["is always at work on", [{ method: "GET", path: "/jobs/*", times: 100_000, do: { body: WORKING } }]],
  ["never shows", BANK_OUT_OF_SIGHT],
])("a create and a refresh that upstream %s are given up", async (_, faults) => {
  const backend = newBackend();
  const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
  await backend.faults(faults);
  const jobs = [await backend.startJob(HOOLI, LOGINS.gavin), begun(await refresh(backend, connectionId))];
  for (const jobId of jobs) {
    const job = await backend.untilOver(jobId);
    expect(job.steps[0]).toMatchObject(TIMED_OUT);
    expect(statuses(job.steps).slice(1)).toEqual([
      "retrieve-accounts: pending",
      "retrieve-transactions: pending",
    ]);
    // Times on the wire are whole seconds.
    expect(Date.parse(job.updated) - Date.parse(job.created)).toBeGreaterThan(LIMIT_MS - 1_000);
  }
  await backend.faults([]);
  await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
});

test("each try of the queue has all of that time for itself", async () => {
  const backend = newBackend();
  await backend.institution(HOOLI, { status: "major-outage", outage: "fail" });
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  const { job, queued } = await untilQueued(backend, jobId);
  // For longer than a job is followed.
  const waited = () => Date.now() - Date.parse(job.created);
  await expect.poll(waited, { timeout: 10_000 }).toBeGreaterThan(LIMIT_MS + 1_000);
  expect((await untilQueued(backend, jobId)).queued).toEqual(queued);
  await backend.institution(HOOLI, { status: "operational" });
  await resume(backend, jobId);
  expect(statuses((await backend.untilOver(jobId)).steps)).toContain("retrieve-transactions: success");
});
