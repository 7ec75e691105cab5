import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { resume } from "../../journeys/calls.ts";
import { LOGINS } from "../../journeys/logins.ts";
import { ALL_DONE, MobileBackend, type StepReply, statuses } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { QUEUE_WORDS, untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { oneJobUpstream } from "../../support/basiq-replies.ts";

/** Does what the sandbox never does. */
let upstream: Awaited<ReturnType<typeof oneJobUpstream>>;
beforeAll(async () => {
  upstream = await oneJobUpstream("user-mfa");
});
afterAll(() => upstream.close());
/** A challenge of 15 minutes lasts 22 s, and a challenge of 2 minutes 3 s. */
const system = localSystem(40, () => ({ upstreamUrl: upstream.url }));

let backend: MobileBackend;
beforeEach(() => {
  backend = new MobileBackend(targetOf(system()));
  upstream.forget();
});

const link = { type: "link", url: "/users/u/connections/8fce3b" };
const verified = { title: "verify-credentials", status: "success", result: link };
const TITLES = ["verify-credentials", "mfa-challenge", "retrieve-accounts", "retrieve-transactions"];
const [, , ...later] = TITLES.map((title) => ({ title, status: "pending" }));
const done = TITLES.map((title) => ({ title, status: "success", result: link }));
const mfa = (result: object | null) => ({ title: "mfa-challenge", status: "in-progress", result });
const asking = (question: string, { method = "token", expiryMs = 15 * 60_000 } = {}) => {
  const description = "The bank asks";
  return [verified, mfa({ type: "mfa", method, description, input: [question], expiryMs }), ...later];
};

async function askedFirst(): Promise<string> {
  upstream.show(...asking("First code"));
  const jobId = await backend.startJob("AU00002", LOGINS.jared);
  expect((await backend.untilAsked(jobId)).input).toEqual(["First code"]);
  return jobId;
}

describe("an aggregator that asks again after a wrong answer", () => {
  test("opens a new challenge, which needs an answer of its own", async () => {
    const jobId = await askedFirst();
    expect((await backend.answer(jobId, ["9999"])).status).toBe(202);
    await expect.poll(() => upstream.received().answers).toEqual([["9999"]]);
    // The aggregator still shows the answered challenge.
    const before = upstream.looks();
    await expect.poll(() => upstream.looks()).toBeGreaterThan(before + 2);
    expect((await backend.job(jobId)).steps[1]).toEqual(mfa(null));
    // Published clients repeat their answer every few seconds.
    expect((await backend.answer(jobId, ["9999"])).status).toBe(202);

    upstream.show(...asking("Second question", { method: "security-questions" }));
    const second = await backend.untilAsked(jobId);
    expect([second.method, second.input]).toEqual(["security-questions", ["Second question"]]);
    upstream.showWhenAnswered(...done);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect(upstream.received()).toEqual({ answers: [["9999"], ["1234"]], logins: 1 });
  });

  test("may ask the same question again", async () => {
    const jobId = await askedFirst();
    upstream.showWhenAnswered(...asking("First code"));
    await backend.answer(jobId, ["9999"]);
    expect((await backend.untilAsked(jobId)).input).toEqual(["First code"]);
    upstream.showWhenAnswered(...done);
    await backend.answer(jobId, ["1234"]);
    await backend.untilOver(jobId);
    expect(upstream.received()).toEqual({ answers: [["9999"], ["1234"]], logins: 1 });
  });

  test("does not get the earlier answer, and the new deadline ends the job", async () => {
    const jobId = await askedFirst();
    upstream.showWhenAnswered(...asking("Second code", { expiryMs: 120_000 }));
    await backend.answer(jobId, ["9999"]);
    const { expiresAt } = await backend.untilAsked(jobId);
    const job = await backend.untilOver(jobId);
    expect(job.steps[1]).toMatchObject({ status: "failed", result: { code: "mfa-expired" } });
    expect(job.updated >= expiresAt).toBe(true);
    expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual([
      410,
      "resource-no-longer-available",
      [undefined],
    ]);
    expect(upstream.received().answers).toEqual([["9999"]]);
  });
});

test("a job that the aggregator starts and then queues shows all its steps as pending", async () => {
  const working = { title: "verify-credentials", status: "in-progress" };
  const rest = [{ title: "mfa-challenge", status: "pending" }, ...later];
  upstream.show(working, ...rest);
  const jobId = await backend.startJob("AU00002", LOGINS.jared);
  const isWorking = ([first]: StepReply[]) => first?.status === "in-progress";
  await backend.until(jobId, isWorking);
  upstream.show({ ...working, status: "pending", result: { ...QUEUE_WORDS, detail: "Later." } }, ...rest);
  const { job } = await untilQueued(backend, jobId);
  expect(statuses(job.steps)).toEqual(TITLES.map((title) => `${title}: pending`));

  upstream.show(...done);
  await resume(backend, jobId);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(upstream.received().logins).toBe(1);
});
