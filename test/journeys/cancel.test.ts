import { afterEach, beforeEach, expect, test } from "vitest";
import { stubReply } from "../../functions/http/reply-schemas.ts";
import { begun, cancel, connected, list, page, refresh, resume, succeeded } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { untilQueued } from "./queued.ts";
import { target } from "./target.ts";

/** A challenge lasts 6 s, and is answered at once. */
const reached = target(20);

const CANCELLED = {
  code: "job-cancelled",
  title: "Job cancelled",
  detail: "The job was cancelled.",
  details: "The job was cancelled.",
};
const OVER = [409, "job-already-finished", [undefined]];

let backend: MobileBackend;
beforeEach(() => {
  backend = new MobileBackend(reached());
});
afterEach(() => endFaults(backend));

interface CancelPhase {
  /** The state of the job. */
  title: string;
  institutionId: string;
  login: Record<string, string>;
  /** For the next job, after the faults. */
  answers?: string[];
  /** The finished steps, and the step that runs. */
  done: string[];
  at: string;
  /** Starts the job, and waits until it is in this state. */
  reach(backend: MobileBackend): Promise<string>;
}

const plain = { institutionId: HOOLI, login: LOGINS.gavin, done: [], at: "verify-credentials" };
const asking = { institutionId: PIED_PIPER, login: LOGINS.jared, answers: ["1234"] };
const held = { ...plain, institutionId: HOOLI_GOV };

/** Every state in which a job can be cancelled. */
const CANCEL_PHASES: readonly CancelPhase[] = [
  {
    ...plain,
    title: "the aggregator does not accept its login",
    async reach(backend) {
      await backend.faults([
        { method: "POST", path: "/users/*/connections", times: 1_000, do: { status: 500 } },
      ]);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await expect.poll(() => backend.loginsSent()).toBeGreaterThan(0);
      return jobId;
    },
  },
  {
    ...plain,
    title: "its login is being sent",
    async reach(backend) {
      await backend.faults([
        { method: "POST", path: "/users/*/connections", times: 1, do: { delayMs: 3_000 } },
      ]);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await expect.poll(() => backend.loginsSent()).toBeGreaterThan(0);
      return jobId;
    },
  },
  {
    ...plain,
    title: "it is followed",
    async reach(backend) {
      await backend.faults(BANK_OUT_OF_SIGHT);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await expect.poll(() => backend.upstreamCalls()).toContainEqual(expect.stringMatching(/^GET \/jobs\//));
      return jobId;
    },
  },
  {
    ...asking,
    title: "its user is asked",
    done: ["verify-credentials"],
    at: "mfa-challenge",
    async reach(backend) {
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      await backend.untilAsked(jobId);
      return jobId;
    },
  },
  {
    ...asking,
    title: "the aggregator does not accept its answer",
    done: ["verify-credentials"],
    at: "mfa-challenge",
    async reach(backend) {
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      await backend.untilAsked(jobId);
      await backend.faults([{ method: "POST", path: "/jobs/*/mfa", times: 1_000, do: { status: 500 } }]);
      await backend.answer(jobId, ["1234"]);
      await expect.poll(() => backend.answersSent()).toBeGreaterThan(0);
      return jobId;
    },
  },
  { ...held, title: "it waits for the bank", reach: (backend) => hold(backend, "refuse") },
  { ...held, title: "the aggregator holds it", reach: (backend) => hold(backend, "queue") },
];

async function hold(backend: MobileBackend, outage: string): Promise<string> {
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, jobId);
  return jobId;
}

/** Ends all faults and outages. */
async function endFaults(backend: MobileBackend): Promise<void> {
  await backend.faults([]);
  await backend.institution(HOOLI_GOV, { status: "operational" });
}

test.each(CANCEL_PHASES)(
  "a job that is cancelled when $title ends at its step, and the user may start another",
  async ({ reach, institutionId, login, answers, done, at }) => {
    const jobId = await reach(backend);
    const reply = await cancel(backend, jobId);
    expect(reply.status).toBe(202);
    expect(stubReply.parse(reply.json)).toEqual({
      type: "job",
      id: jobId,
      links: { self: `${reached().apiUrl}/jobs/${jobId}` },
    });
    const cancelled = await backend.job(jobId);
    const titles = cancelled.steps.map(({ title }) => title);
    expect(cancelled.steps.slice(0, done.length).map(({ title, status }) => [title, status])).toEqual(
      done.map((title) => [title, "success"]),
    );
    expect(cancelled.steps[done.length]).toEqual({ title: at, status: "failed", result: CANCELLED });
    expect(cancelled.steps.slice(done.length + 1)).toEqual(
      titles.slice(done.length + 1).map((title) => ({ title, status: "pending", result: null })),
    );
    expect(refusal(await cancel(backend, jobId))).toEqual(OVER);
    expect(refusal(await resume(backend, jobId))).toEqual([409, "job-not-queued", [undefined]]);
    const answer = await backend.answer(jobId, ["1234"]);
    expect(refusal(answer)).toEqual([409, "mfa-challenge-not-active", [undefined]]);

    await endFaults(backend);
    const next = await backend.startJob(institutionId, login);
    if (answers !== undefined) {
      await backend.untilAsked(next);
      await backend.answer(next, answers);
    }
    await succeeded(backend, next);
    // The aggregator went on with the cancelled job, which changed nothing.
    expect(await backend.job(jobId)).toEqual(cancelled);
  },
);

test("a cancelled refresh frees its connection", async () => {
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = begun(await refresh(backend, connectionId));
  expect((await cancel(backend, jobId)).status).toBe(202);
  expect((await backend.job(jobId)).steps[0]?.result).toEqual(CANCELLED);
  const next = begun(await refresh(backend, connectionId));
  await backend.faults([]);
  await succeeded(backend, next);
});

test("a job that succeeded or failed is not cancelled", async () => {
  const right = await backend.startJob(HOOLI, LOGINS.gavin);
  const done = await succeeded(backend, right);
  const wrong = await backend.startJob(HOOLI, LOGINS.bighead);
  const failed = await backend.untilOver(wrong);
  expect(refusal(await cancel(backend, right))).toEqual(OVER);
  expect(refusal(await cancel(backend, wrong))).toEqual(OVER);
  expect([await backend.job(right), await backend.job(wrong)]).toEqual([done, failed]);
});

test("a job that is cancelled twelve times at once ends once", async () => {
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  const replies = await Promise.all(Array.from({ length: 12 }, () => cancel(backend, jobId)));
  for (const { status } of replies) expect([202, 409]).toContain(status);
  expect(replies.map(({ status }) => status)).toContain(202);
  expect((await backend.job(jobId)).steps[0]?.result).toEqual(CANCELLED);
  await expect.poll(async () => page(await list(backend)).data.map(({ id }) => id)).toEqual([jobId]);
});
