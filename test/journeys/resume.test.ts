import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, refresh, resume } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, type HttpReply, MobileBackend, statuses } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { untilQueued, WAITS_FOR_BANK } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();

const NOT_QUEUED = [409, "job-not-queued", [undefined]];
const NOT_FOUND = [404, "resource-not-found", [undefined]];

let backend: MobileBackend;

beforeEach(() => {
  backend = new MobileBackend(reached());
});
afterEach(async () => {
  await backend.faults([]);
  await backend.institution(HOOLI_GOV, { status: "operational" });
});

async function queuedJob(login: Record<string, string> = LOGINS.gavin): Promise<string> {
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(HOOLI_GOV, login);
  await untilQueued(backend, jobId);
  return jobId;
}

describe("a queued job", () => {
  test("is tried at once", async () => {
    const jobId = await queuedJob();
    await backend.institution(HOOLI_GOV, { status: "operational" });
    const reply = await resume(backend, jobId);
    expect(reply.status).toBe(202);
    expect(stubReply.parse(reply.json)).toEqual({
      type: "job",
      id: jobId,
      links: { self: `${reached().apiUrl}/jobs/${jobId}` },
    });
    const { steps } = await backend.untilOver(jobId);
    expect(statuses(steps)).toContain("retrieve-transactions: success");
    expect(await backend.loginsSent()).toBe(2);
  });

  test("loses no try and sends no login while the bank's record says that it is down", async () => {
    const jobId = await queuedJob();
    const { queued } = await untilQueued(backend, jobId);
    for (let times = 0; times < 5; times++) {
      expect((await resume(backend, jobId)).status).toBe(202);
      const again = await untilQueued(backend, jobId);
      expect(again.queued).toEqual({ ...queued, nextAttemptAt: again.queued.nextAttemptAt });
      expect([queued.attempt, queued.detail]).toEqual([1, WAITS_FOR_BANK]);
    }
    expect(await backend.loginsSent()).toBe(1);
  });

  test("that upstream holds itself is looked at, and waits on", async () => {
    await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "queue" });
    const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
    const { queued } = await untilQueued(backend, jobId);
    await resume(backend, jobId);
    const again = await untilQueued(backend, jobId);
    expect(again.queued).toEqual({ ...queued, nextAttemptAt: again.queued.nextAttemptAt });
    expect(await backend.loginsSent()).toBe(1);
  });

  test("whose login the bank refuses in the end fails in its words", async () => {
    const jobId = await queuedJob({ ...LOGINS.gavin, password: "mistyped" });
    await backend.institution(HOOLI_GOV, { status: "operational" });
    await resume(backend, jobId);
    const { steps } = await backend.untilOver(jobId);
    expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
  });

  test("resumed twelve times at once makes one try", async () => {
    const jobId = await queuedJob();
    await backend.institution(HOOLI_GOV, { status: "operational" });
    await backend.faults(BANK_OUT_OF_SIGHT);
    const replies = await Promise.all(Array.from({ length: 12 }, () => resume(backend, jobId)));
    await backend.faults([]);
    for (const reply of replies) expect([202, 409]).toContain(reply.status);
    expect(replies.map(({ status }) => status)).toContain(202);
    const { steps } = await backend.untilOver(jobId);
    expect(statuses(steps)).toContain("retrieve-transactions: success");
    expect(await backend.loginsSent()).toBe(2);
  });
});

describe("a job that does not wait in the queue", () => {
  test("while it runs, asks its user, or is over is not resumed", async () => {
    await backend.faults(BANK_OUT_OF_SIGHT);
    const running = await backend.startJob(HOOLI, LOGINS.gavin);
    expect(refusal(await resume(backend, running))).toEqual(NOT_QUEUED);
    await backend.faults([]);
    await backend.untilOver(running);
    expect(refusal(await resume(backend, running))).toEqual(NOT_QUEUED);

    const asking = await backend.startJob(PIED_PIPER, LOGINS.jared);
    const challenge = await backend.untilAsked(asking);
    expect(refusal(await resume(backend, asking))).toEqual(NOT_QUEUED);
    expect(await backend.untilAsked(asking)).toEqual(challenge);
    expect(await backend.loginsSent()).toBe(2);
  });

  test("since it is a refresh that failed is not resumed", async () => {
    const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
    await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
    const jobId = begun(await refresh(backend, connectionId));
    await backend.untilOver(jobId);
    expect(refusal(await resume(backend, jobId))).toEqual(NOT_QUEUED);
  });
});

test("another user's job and none at all are the same refusal, and a user's own token is enough", async () => {
  const jobId = await queuedJob();
  const as = async (userId: string, id: string) => {
    const token = await backend.token({ scope: "CLIENT_ACCESS", userId });
    return backend.send("POST", `/jobs/${id}/resume`, { headers: { authorization: `Bearer ${token}` } });
  };
  const replies = await Promise.all([
    as("somebody-else", jobId),
    as("somebody-else", randomUUID()),
    resume(backend, randomUUID()),
    resume(backend, "no-id"),
  ]);
  for (const reply of replies) expect(refusal(reply)).toEqual(NOT_FOUND);
  const body = ({ json }: HttpReply) => JSON.stringify({ ...errorReply.parse(json), correlationId: "" });
  expect(new Set(replies.map(body)).size).toBe(1);
  expect(refusal(await backend.send("POST", `/jobs/${jobId}/resume`))).toEqual([
    401,
    "invalid-authorization-token",
    [undefined],
  ]);
  expect((await untilQueued(backend, jobId)).queued.attempt).toBe(1);
  await backend.institution(HOOLI_GOV, { status: "operational" });
  expect((await as(backend.userId, jobId)).status).toBe(202);
  await backend.untilOver(jobId);
});
