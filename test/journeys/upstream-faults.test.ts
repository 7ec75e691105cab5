import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { errorReply, queuedResult } from "../../functions/http/reply-schemas.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER, RAVIGA } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, isOver, MobileBackend, statuses, stepOf } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

let backend: MobileBackend;

beforeEach(() => {
  backend = new MobileBackend(reached());
});
afterEach(() => backend.faults([]));

const POST_LOGIN = { method: "POST", path: "/users/*/connections" };
const GET_JOB = { method: "GET", path: "/jobs/*" };
const POST_ANSWER = { method: "POST", path: "/jobs/*/mfa" };

describe("a login whose POST goes wrong", () => {
  test.each([
    ["is refused for the rate", { status: 429, retryAfter: "1" }, 2],
    ["gets no reply, but arrived", { reset: "after" }, 1],
    ["gets an internal error", { status: 500 }, 2],
    ["is refused by a bank whose record says that it is up", { status: 503 }, 2],
  ])("that %s ends well, with as many logins sent as were needed", async (_, fault, logins) => {
    await backend.faults([{ ...POST_LOGIN, times: 1, do: fault }]);
    const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
    expect(statuses(job.steps)).toContain("retrieve-transactions: success");
    expect(await backend.loginsSent()).toBe(logins);
  });

  test("is looked up before it is sent again, each time", async () => {
    await backend.faults([{ ...POST_LOGIN, times: 1, do: { reset: "after" } }]);
    await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
    const calls = (await backend.upstreamCalls()).filter((call) => call.includes("/users/"));
    expect(calls).toEqual([`POST /users/${backend.userId}/connections`, `GET /users/${backend.userId}/jobs`]);
  });
});

/** A slice of 12 s has 13 looks at most, each of which is made twice when it fails. */
const REQUESTS_OF_A_SLICE = 13 * 2;

describe("a look that goes wrong", () => {
  test.each([
    ["an error", { status: 503 }],
    ["a limit", { status: 429, retryAfter: "1" }],
    ["rubbish", { body: '{"steps":"none"}' }],
    ["nothing", { reset: "after" }],
  ])("by %s is made up for by a later one", async (_, fault) => {
    await backend.faults([{ ...GET_JOB, times: 4, do: fault }]);
    const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
    expect(statuses(job.steps)).toContain("retrieve-transactions: success");
    expect(await backend.loginsSent()).toBe(1);
  });

  test("for longer than one run of the function lasts is made up for too", async () => {
    await backend.faults(BANK_OUT_OF_SIGHT);
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    const looks = async () => (await backend.upstreamCalls()).filter((call) => call.startsWith("GET /jobs/"));
    const isInNextSlice = async () => expect((await looks()).length).toBeGreaterThan(REQUESTS_OF_A_SLICE);
    await vi.waitFor(isInNextSlice, { timeout: 20_000 });
    await backend.faults([]);
    expect(statuses((await backend.untilOver(jobId)).steps)).toContain("retrieve-transactions: success");
    expect(await backend.loginsSent()).toBe(1);
  });
});

describe("an answer whose POST goes wrong", () => {
  test.each([
    ["gets no reply, but arrived", { reset: "after" }, 1],
    ["gets an internal error", { status: 500 }, 2],
    ["is refused for the rate", { status: 429, retryAfter: "1" }, 2],
  ])("that %s is sent as often as was needed", async (_, fault, answers) => {
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(jobId);
    await backend.faults([{ ...POST_ANSWER, times: 1, do: fault }]);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    const job = await backend.untilOver(jobId);
    expect(statuses(job.steps)).toContain("retrieve-transactions: success");
    expect(await backend.answersSent()).toBe(answers);
  });
});

test.each([
  ["is down", { status: 503 }],
  ["answers rubbish", { body: "<html>" }],
  ["drops us", { reset: "before" }],
])("when upstream %s at a bank's record, the request is refused and nothing is kept", async (_, fault) => {
  // A bank that no other test of this file asked for: its record is not remembered.
  await backend.faults([{ method: "GET", path: "/institutions/*", times: 100, do: fault }]);
  const login = { ...LOGINS.gavin, securityCode: "1", secondaryLoginId: "2" };
  const reply = await backend.connect(RAVIGA, login);
  expect(errorReply.parse(reply.json).data[0]?.code).toBe("service-unavailable");
  expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await backend.loginsSent()).toBe(0);
});

test("a bank that is down holds the job, which says when it is tried again", async () => {
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  const job = await backend.until(jobId, (steps) => isOver(steps) || steps[0]?.result != null);
  await backend.institution(HOOLI_GOV, { status: "operational" });
  expect(statuses(job.steps)[0]).toBe("verify-credentials: pending");
  const queued = queuedResult.parse(stepOf(job.steps, "verify-credentials")?.result);
  expect([queued.attempt, queued.attemptsLeft]).toEqual([1, 84]);
  expect((await backend.connect(HOOLI_GOV, LOGINS.gavin)).status).toBe(200);
});

test("a bank that takes the login and then says that it is down holds the job too", async () => {
  await backend.institution(HOOLI_GOV, { status: "partial-outage", outage: "fail" });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  const job = await backend.until(
    jobId,
    (steps) => isOver(steps) || queuedResult.safeParse(steps[0]?.result).success,
  );
  await backend.institution(HOOLI_GOV, { status: "operational" });
  expect(queuedResult.parse(job.steps[0]?.result).attempt).toBe(1);
});
