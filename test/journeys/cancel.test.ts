import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { begun, cancel, connected, list, page, refresh, resume } from "./calls.ts";
import { allIsWell, CANCEL_PHASES } from "./cancel-phases.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, type HttpReply, MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

const CANCELLED = { code: "job-cancelled", title: "Job cancelled", detail: "The job was cancelled." };
const OVER = [409, "job-already-finished", [undefined]];
const NOT_FOUND = [404, "resource-not-found", [undefined]];

let backend: MobileBackend;

beforeEach(() => {
  backend = new MobileBackend(reached());
});
afterEach(() => allIsWell(backend));

describe.each(CANCEL_PHASES)("a job, when $title", ({ reach, institutionId, login, answers, done, at }) => {
  test("is cancelled where it is, and another one may begin", async () => {
    const jobId = await reach(backend);
    const reply = await cancel(backend, jobId);
    expect(reply.status).toBe(202);
    const { apiUrl } = reached();
    expect(stubReply.parse(reply.json)).toEqual({
      type: "job",
      id: jobId,
      links: { self: `${apiUrl}/jobs/${jobId}` },
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
    expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual([
      409,
      "mfa-challenge-not-active",
      [undefined],
    ]);

    await allIsWell(backend);
    const next = await backend.startJob(institutionId, login);
    if (answers !== undefined) {
      await backend.untilAsked(next);
      await backend.answer(next, answers);
    }
    const { steps } = await backend.untilOver(next);
    expect(steps.at(-1)).toMatchObject({ title: "retrieve-transactions", status: "success" });
    // What upstream still did for it did not bring it back.
    expect(await backend.job(jobId)).toEqual(cancelled);
  });
});

test("a refresh is cancelled as well, and its connection is free", async () => {
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = begun(await refresh(backend, connectionId));
  expect((await cancel(backend, jobId)).status).toBe(202);
  expect((await backend.job(jobId)).steps[0]?.result).toEqual(CANCELLED);
  const next = begun(await refresh(backend, connectionId));
  await backend.faults([]);
  await backend.untilOver(next);
});

test("a job that is over is not cancelled, however it ended", async () => {
  const right = await backend.startJob(HOOLI, LOGINS.gavin);
  const done = await backend.untilOver(right);
  const wrong = await backend.startJob(HOOLI, LOGINS.bighead);
  const failed = await backend.untilOver(wrong);
  expect(refusal(await cancel(backend, right))).toEqual(OVER);
  expect(refusal(await cancel(backend, wrong))).toEqual(OVER);
  expect([await backend.job(right), await backend.job(wrong)]).toEqual([done, failed]);
});

test("cancelled twelve times at once, a job ends once", async () => {
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  const replies = await Promise.all(Array.from({ length: 12 }, () => cancel(backend, jobId)));
  for (const { status } of replies) expect([202, 409]).toContain(status);
  expect(replies.map(({ status }) => status)).toContain(202);
  expect((await backend.job(jobId)).steps[0]?.result).toEqual(CANCELLED);
  await expect.poll(async () => page(await list(backend)).data.map(({ id }) => id)).toEqual([jobId]);
});

test("another user's job and none at all are the same refusal, and a user's own token is enough", async () => {
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  const as = async (userId: string, id: string) => {
    const token = await backend.token({ scope: "CLIENT_ACCESS", userId });
    return backend.send("DELETE", `/jobs/${id}`, { headers: { authorization: `Bearer ${token}` } });
  };
  const replies = await Promise.all([
    as("somebody-else", jobId),
    as("somebody-else", randomUUID()),
    cancel(backend, randomUUID()),
    cancel(backend, "no-id"),
  ]);
  for (const reply of replies) expect(refusal(reply)).toEqual(NOT_FOUND);
  const body = ({ json }: HttpReply) => JSON.stringify({ ...errorReply.parse(json), correlationId: "" });
  expect(new Set(replies.map(body)).size).toBe(1);
  expect(refusal(await backend.send("DELETE", `/jobs/${jobId}`))).toEqual([
    401,
    "invalid-authorization-token",
    [undefined],
  ]);
  expect((await as(backend.userId, jobId)).status).toBe(202);
});
