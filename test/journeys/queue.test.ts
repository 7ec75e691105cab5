import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { jobReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, connectionPath, refresh, resume, update } from "./calls.ts";
import { HOOLI_GOV, LOGINS } from "./logins.ts";
import { type HttpReply, MobileBackend, statuses } from "./mobile-backend.ts";
import { QUEUE_WORDS, untilQueued, WAITS_FOR_BANK } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();

let backend: MobileBackend;
const bank = (condition: object) => backend.institution(HOOLI_GOV, condition);

beforeEach(() => {
  backend = new MobileBackend(reached());
});
afterEach(() => bank({ status: "operational" }));

const TITLES = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];
const ALL_SUCCEEDED = TITLES.map((title) => `${title}: success`);
const [, ...LATER_STEPS] = TITLES.map((title) => ({ title, status: "pending", result: null }));

/** Seven days by two hours, and by two hours and the longest spread; times on the wire are whole seconds. */
const [LEAST_WAITS, MOST_WAITS] = [82.5, 84.5];

/** Whole, as it waits for its first further attempt. */
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

// How upstream says it, and how many logins it is sent until the job has succeeded.
describe.each([
  ["refuses the login", "refuse", 2],
  ["takes the login and fails its first step", "fail", 2],
  ["queues the login itself", "queue", 1],
])("a bank that is down, so that upstream %s,", (_, outage, logins) => {
  const down = { status: "major-outage", outage };

  test("holds a create until the bank is back", async () => {
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
    expect((await resume(backend, jobId)).status).toBe(202);
    const over = await backend.untilOver(jobId);
    expect(statuses(over.steps)).toEqual(ALL_SUCCEEDED);
    expect(over.links.source).toMatch(new RegExp(`/users/${backend.userId}/connections/[\\w-]+$`));
    expect(await backend.loginsSent()).toBe(logins);
  });

  test("holds an update until the bank is back", async () => {
    const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
    await bank(down);
    const jobId = begun(await update(backend, connectionId, LOGINS.ash));
    const { job } = await untilQueued(backend, jobId);
    const source = `${reached().apiUrl}${connectionPath(backend, connectionId)}`;
    expect(job).toEqual(whole(jobId, source));

    const isTheSame = ({ status, json }: HttpReply) =>
      expect([status, jobReply.parse(json)]).toEqual([200, job]);
    isTheSame(await update(backend, connectionId, LOGINS.gavin));
    isTheSame(await refresh(backend, connectionId));
    await bank({ status: "operational" });
    expect((await resume(backend, jobId)).status).toBe(202);
    const over = await backend.untilOver(jobId);
    expect(statuses(over.steps)).toEqual(ALL_SUCCEEDED);
    expect(over.links).toEqual(job.links);
    const calls = await backend.upstreamCalls();
    const updates = calls.filter((call) => call === `POST ${connectionPath(backend, connectionId)}`);
    expect(updates).toHaveLength(logins);
  });
});

test.each(["operational", "under-maintenance", "degraded-performance"])(
  "the job runs at a bank whose record says %s",
  async (status) => {
    await bank({ status: "partial-outage", outage: "refuse" });
    const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
    await untilQueued(backend, jobId);
    await bank({ status });
    await resume(backend, jobId);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_SUCCEEDED);
    const next = await backend.startJob(HOOLI_GOV, LOGINS.ash);
    expect(next).not.toBe(jobId);
  },
);

test("jobs of several users wait apart from each other, and do not show in each other's place", async () => {
  await bank({ status: "major-outage", outage: "refuse" });
  const another = new MobileBackend(reached());
  const [mine, theirs] = [
    await backend.startJob(HOOLI_GOV, LOGINS.gavin),
    await another.startJob(HOOLI_GOV, LOGINS.gavin),
  ];
  expect((await untilQueued(backend, mine)).job.id).toBe(mine);
  expect((await untilQueued(another, theirs)).job.id).toBe(theirs);
  await bank({ status: "operational" });
  await resume(backend, mine);
  await backend.untilOver(mine);
  expect((await untilQueued(another, theirs)).queued.attempt).toBe(1);
  expect([await backend.loginsSent(), await another.loginsSent()]).toEqual([2, 1]);
});
