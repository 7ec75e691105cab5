import { beforeAll, describe, expect, test } from "vitest";
import { resume, succeeded } from "../../journeys/calls.ts";
import {
  AVIATO,
  HOOLI,
  HOOLI_GOV,
  LOGINS,
  NUCLEUS,
  PIED_PIPER,
  RAVIGA,
  TOKEN_BANK,
} from "../../journeys/logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { NOT_ANSWERED, READY_FOR_USER, untilQueued, WAITS_FOR_BANK } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";

/** Two hours are 3.6 s. A challenge lasts 0.06 s, so nobody can answer it. */
const system = localSystem(2_000);
const newBackend = () => new MobileBackend(targetOf(system()));

const CODES = { securityCode: "4321", secondaryLoginId: "second", userToken: "token:PTln18RhwL" };

// All of these jobs wait for their next tries, so they wait side by side, each at a bank of its own.
const MFA_BANKS = { [PIED_PIPER]: "refuse", [NUCLEUS]: "refuse", [AVIATO]: "queue" };
const jobs = new Map<string, { backend: MobileBackend; jobId: string }>();
beforeAll(async () => {
  for (const [institutionId, outage] of Object.entries(MFA_BANKS)) {
    const backend = newBackend();
    await backend.institution(institutionId, { status: "major-outage", outage });
    const jobId = await backend.startJob(institutionId, LOGINS.jared);
    expect((await untilQueued(backend, jobId)).queued.detail).toBe(WAITS_FOR_BANK);
    jobs.set(institutionId, { backend, jobId });
  }
  for (const id of jobs.keys()) await newBackend().institution(id, { status: "operational" });
});
function jobAt(institutionId: string) {
  const job = jobs.get(institutionId);
  if (job === undefined) throw new Error("There is no such job.");
  return job;
}
const isReady = ({ detail }: { detail: string }) => detail === READY_FOR_USER;

describe.concurrent("a queued job", () => {
  test("at a bank that always sends a code waits for its user after the first code", async () => {
    const { backend, jobId } = jobAt(PIED_PIPER);
    const { queued } = await untilQueued(backend, jobId, isReady);
    expect(queued.attempt + queued.attemptsLeft).toBe(85);
    const later = await untilQueued(backend, jobId, ({ attempt }) => attempt > queued.attempt);
    expect(later.queued.detail).toBe(READY_FOR_USER);
    expect(later.queued.expiresAt).toBe(queued.expiresAt);
    expect(await backend.loginsSent()).toBe(1);

    // A user who resumes the job and does not answer gets one code and no more.
    await resume(backend, jobId);
    await untilQueued(backend, jobId, ({ detail }) => detail === NOT_ANSWERED);
    expect(await backend.loginsSent()).toBe(2);
    await untilQueued(backend, jobId, isReady);
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([2, 0]);
  });

  test("at a bank that sends a code now and then succeeds at a try without a code", async () => {
    const { backend, jobId } = jobAt(NUCLEUS);
    const { queued } = await untilQueued(backend, jobId, ({ detail }) => detail !== WAITS_FOR_BANK);
    expect(queued.detail).toBe(NOT_ANSWERED);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(
      ALL_DONE.map((step) => step.replace(/^(mfa-challenge): success/, "$1: skipped")),
    );
    // During the outage, with a code, and without.
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([3, 0]);
  });

  test("that the aggregator held waits for its user after the first code", async () => {
    const { backend, jobId } = jobAt(AVIATO);
    await untilQueued(backend, jobId, ({ detail }) => detail === NOT_ANSWERED);
    const { queued } = await untilQueued(backend, jobId, isReady);
    await untilQueued(backend, jobId, ({ attempt }) => attempt > queued.attempt);
    expect(await backend.loginsSent()).toBe(1);
  });

  test.each([
    [HOOLI, "refuse", "major-outage", "operational", 2],
    [TOKEN_BANK, "refuse", "partial-outage", "degraded-performance", 2],
    [HOOLI_GOV, "fail", "major-outage", "under-maintenance", 2],
    [RAVIGA, "queue", "partial-outage", "operational", 1],
  ])(
    "at %s, which meets logins with '%s' in a %s, succeeds when the bank is %s, with %i logins",
    async (institutionId, outage, status, better, logins) => {
      const backend = newBackend();
      await backend.institution(institutionId, { status, outage });
      const jobId = await backend.startJob(institutionId, { ...LOGINS.gavin, ...CODES });
      const first = await untilQueued(backend, jobId);
      expect([first.queued.attempt, first.queued.attemptsLeft]).toEqual([1, 84]);

      // The bank's record says that it is down, so the try sends no login.
      const later = await untilQueued(backend, jobId, ({ attempt }) => attempt > 1);
      expect(later.queued.attempt + later.queued.attemptsLeft).toBe(85);
      expect(later.queued.detail).toBe(WAITS_FOR_BANK);
      expect(later.queued.expiresAt).toBe(first.queued.expiresAt);
      expect(later.queued.nextAttemptAt > first.queued.nextAttemptAt).toBe(true);
      expect(await backend.loginsSent()).toBe(1);

      await backend.institution(institutionId, { status: better });
      expect((await succeeded(backend, jobId)).links.source).toContain("/connections/");
      expect(await backend.loginsSent()).toBe(logins);
    },
  );
});
