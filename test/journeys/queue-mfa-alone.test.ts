import { beforeAll, expect, test } from "vitest";
import { resume } from "./calls.ts";
import { AVIATO, LOGINS, NUCLEUS, PIED_PIPER } from "./logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "./mobile-backend.ts";
import { NOT_ANSWERED, READY_FOR_USER, untilQueued, WAITS_FOR_BANK } from "./queued.ts";
import { localSystem } from "./start-for-tests.ts";
import { targetOf } from "./target.ts";

/** Two hours are 3.6 s, and a challenge lasts 0.06 s: nobody is there who could answer it. */
const system = localSystem(2_000);
const newBackend = () => new MobileBackend(targetOf(system()));

// They wait for their next tries, so they wait side by side.
const jobs = new Map<string, { backend: MobileBackend; jobId: string }>();
beforeAll(async () => {
  for (const [institutionId, outage] of [
    [PIED_PIPER, "refuse"],
    [NUCLEUS, "refuse"],
    [AVIATO, "queue"],
  ] as const) {
    const backend = newBackend();
    await backend.institution(institutionId, { status: "major-outage", outage });
    const jobId = await backend.startJob(institutionId, LOGINS.jared);
    const { queued } = await untilQueued(backend, jobId);
    expect(queued.detail).toBe(WAITS_FOR_BANK);
    jobs.set(institutionId, { backend, jobId });
  }
  const bank = newBackend();
  for (const id of jobs.keys()) await bank.institution(id, { status: "operational" });
});
const jobAt = (institutionId: string) => {
  const job = jobs.get(institutionId);
  if (job === undefined) throw new Error("There is no such job.");
  return job;
};

test.concurrent("where a login always makes the bank send a code, the job waits for its user", async () => {
  const { backend, jobId } = jobAt(PIED_PIPER);
  const isReady = ({ detail }: { detail: string }) => detail === READY_FOR_USER;
  const { queued } = await untilQueued(backend, jobId, isReady);
  expect(queued.attempt + queued.attemptsLeft).toBe(85);
  const later = await untilQueued(backend, jobId, ({ attempt }) => attempt > queued.attempt);
  expect(later.queued.detail).toBe(READY_FOR_USER);
  expect(later.queued.expiresAt).toBe(queued.expiresAt);
  expect(await backend.loginsSent()).toBe(1);

  // Somebody who resumes it and then does not answer is one code, and no more.
  await resume(backend, jobId);
  await untilQueued(backend, jobId, ({ detail }) => detail === NOT_ANSWERED);
  expect(await backend.loginsSent()).toBe(2);
  await untilQueued(backend, jobId, isReady);
  expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([2, 0]);
});

test.concurrent("where it does so now and then, a later try that is not asked succeeds", async () => {
  const { backend, jobId } = jobAt(NUCLEUS);
  const { queued } = await untilQueued(backend, jobId, ({ detail }) => detail !== WAITS_FOR_BANK);
  expect(queued.detail).toBe(NOT_ANSWERED);
  const job = await backend.untilOver(jobId);
  expect(statuses(job.steps)).toEqual(
    ALL_DONE.map((step) => step.replace(/^(mfa-challenge): success/, "$1: skipped")),
  );
  // When it was down, when it asked, and when it did not.
  expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([3, 0]);
});

test.concurrent("where upstream itself held it, a code that nobody saw is the last one until the user is there", async () => {
  const { backend, jobId } = jobAt(AVIATO);
  await untilQueued(backend, jobId, ({ detail }) => detail === NOT_ANSWERED);
  const { queued } = await untilQueued(backend, jobId, ({ detail }) => detail === READY_FOR_USER);
  await untilQueued(backend, jobId, ({ attempt }) => attempt > queued.attempt);
  expect(await backend.loginsSent()).toBe(1);
});
