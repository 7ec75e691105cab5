import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { jobReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, connectionPath, refresh, resume, succeeded, update } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, type HttpReply, MobileBackend, statuses } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { QUEUE_WORDS, untilQueued, WAITS_FOR_BANK } from "./queued.ts";
import { target } from "./target.ts";

/** A challenge lasts 6 s, and is read at once. */
const reached = target(20);

let backend: MobileBackend;
const bank = (condition: object) => backend.institution(HOOLI_GOV, condition);

beforeEach(() => {
  backend = new MobileBackend(reached());
});
afterEach(async () => {
  await backend.faults([]);
  await bank({ status: "operational" });
});

const NOT_QUEUED = [409, "job-not-queued", [undefined]];
const TITLES = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];
const ALL_SUCCEEDED = TITLES.map((title) => `${title}: success`);
const [, ...LATER_STEPS] = TITLES.map((title) => ({ title, status: "pending", result: null }));

/** Seven days by two hours. Times on the wire are whole seconds. */
const [LEAST_WAITS, MOST_WAITS] = [82.5, 84.5];

/** A whole job that waits for its second try. */
function whole(jobId: string, source?: string) {
  return {
    type: "job",
    id: jobId,
    created: expect.any(String),
    updated: expect.any(String),
    jobType: "connection",
    steps: [
      {
        title: "verify-credentials",
        status: "pending",
        result: {
          ...QUEUE_WORDS,
          detail: WAITS_FOR_BANK,
          details: WAITS_FOR_BANK,
          attempt: 1,
          attemptsLeft: 84,
          nextAttemptAt: expect.any(String),
          expiresAt: expect.any(String),
        },
      },
      ...LATER_STEPS,
    ],
    links: { self: `${reached().apiUrl}/jobs/${jobId}`, ...(source !== undefined && { source }) },
  };
}

test.each([
  ["that waits for the bank", "refuse"],
  ["that the aggregator holds", "queue"],
])("a job %s loses no try and sends no login when it is resumed during the outage", async (_, outage) => {
  await bank({ status: "major-outage", outage });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  const { queued } = await untilQueued(backend, jobId);
  for (let times = 0; times < 3; times++) {
    expect((await resume(backend, jobId)).status).toBe(202);
    const again = await untilQueued(backend, jobId);
    expect(again.queued).toEqual({ ...queued, nextAttemptAt: again.queued.nextAttemptAt });
  }
  expect([queued.attempt, queued.detail]).toEqual([1, WAITS_FOR_BANK]);
  expect(await backend.loginsSent()).toBe(1);
});

/** When the bank is back, the sweeper may wake the job before its user resumes it. */
async function resumeUnlessWoken(backend: MobileBackend, jobId: string): Promise<void> {
  expect([202, 409]).toContain((await resume(backend, jobId)).status);
}

/** How the aggregator says that the bank is down, and how many logins it gets until the job has succeeded. */
describe.each([
  ["refuse", 2],
  ["fail", 2],
  ["queue", 1],
])("at a bank with the outage '%s',", (outage, logins) => {
  const down = { status: "major-outage", outage };

  test("a new connection waits, and succeeds when it is resumed after the outage", async () => {
    await bank(down);
    const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
    const { job, queued } = await untilQueued(backend, jobId);
    expect(job).toEqual(whole(jobId));
    const since = (time: string) => Date.parse(time) - Date.parse(job.updated);
    const waits = since(queued.expiresAt) / since(queued.nextAttemptAt);
    expect(waits).toBeGreaterThan(LEAST_WAITS);
    expect(waits).toBeLessThan(MOST_WAITS);

    const again = await backend.connect(HOOLI_GOV, LOGINS.gavin);
    expect([again.status, jobReply.parse(again.json)]).toEqual([200, job]);
    await bank({ status: "operational" });
    await resumeUnlessWoken(backend, jobId);
    const over = await backend.untilOver(jobId);
    expect(statuses(over.steps)).toEqual(ALL_SUCCEEDED);
    expect(over.links.source).toMatch(new RegExp(`/users/${backend.userId}/connections/[\\w-]+$`));
    expect(await backend.loginsSent()).toBe(logins);
    expect(refusal(await resume(backend, jobId))).toEqual(NOT_QUEUED);
  });

  test("an update waits, and succeeds when it is resumed after the outage", async () => {
    const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
    await bank(down);
    const jobId = begun(await update(backend, connectionId, LOGINS.ash));
    const { job } = await untilQueued(backend, jobId);
    const path = connectionPath(backend, connectionId);
    expect(job).toEqual(whole(jobId, `${reached().apiUrl}${path}`));

    const expectSameJob = ({ status, json }: HttpReply) =>
      expect([status, jobReply.parse(json)]).toEqual([200, job]);
    expectSameJob(await update(backend, connectionId, LOGINS.gavin));
    expectSameJob(await refresh(backend, connectionId));
    await bank({ status: "operational" });
    await resumeUnlessWoken(backend, jobId);
    const over = await backend.untilOver(jobId);
    expect(statuses(over.steps)).toEqual(ALL_SUCCEEDED);
    expect(over.links).toEqual(job.links);
    const updates = (await backend.upstreamCalls()).filter((call) => call === `POST ${path}`);
    expect(updates).toHaveLength(logins);
  });
});

async function queuedJob(login: Record<string, string> = LOGINS.gavin): Promise<string> {
  await bank({ status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(HOOLI_GOV, login);
  await untilQueued(backend, jobId);
  return jobId;
}

test("a job waits on when another user's job at the same bank is resumed", async () => {
  // Their logins always meet an outage, although the bank's record is good.
  const mine = await backend.startJob(HOOLI_GOV, LOGINS.jianYang);
  await untilQueued(backend, mine);
  const another = new MobileBackend(reached());
  const theirs = await another.startJob(HOOLI_GOV, LOGINS.jianYang);
  await untilQueued(another, theirs);
  const resumed = await resume(backend, mine);
  expect(resumed.status).toBe(202);
  expect(stubReply.parse(resumed.json)).toEqual({
    type: "job",
    id: mine,
    links: { self: `${reached().apiUrl}/jobs/${mine}` },
  });
  await untilQueued(backend, mine, ({ attempt }) => attempt === 2);
  expect((await untilQueued(another, theirs)).queued.attempt).toBe(1);
  expect([await backend.loginsSent(), await another.loginsSent()]).toEqual([2, 1]);
});

test("a resumed job fails when the bank refuses its login", async () => {
  const jobId = await queuedJob({ ...LOGINS.gavin, password: "mistyped" });
  await bank({ status: "operational" });
  await resume(backend, jobId);
  const { steps } = await backend.untilOver(jobId);
  expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
});

test("a job that is resumed twelve times at once makes one try", async () => {
  const jobId = await queuedJob();
  await bank({ status: "operational" });
  await backend.faults(BANK_OUT_OF_SIGHT);
  const replies = await Promise.all(Array.from({ length: 12 }, () => resume(backend, jobId)));
  await backend.faults([]);
  for (const reply of replies) expect([202, 409]).toContain(reply.status);
  await succeeded(backend, jobId);
  expect(await backend.loginsSent()).toBe(2);
});

test("a job that runs or asks its user is not resumed", async () => {
  await backend.faults(BANK_OUT_OF_SIGHT);
  const running = await backend.startJob(HOOLI, LOGINS.gavin);
  expect(refusal(await resume(backend, running))).toEqual(NOT_QUEUED);
  await backend.faults([]);
  const asking = await backend.startJob(PIED_PIPER, LOGINS.jared);
  const challenge = await backend.untilAsked(asking);
  expect(refusal(await resume(backend, asking))).toEqual(NOT_QUEUED);
  expect(await backend.untilAsked(asking)).toEqual(challenge);
  expect(await backend.loginsSent()).toBe(2);
});
