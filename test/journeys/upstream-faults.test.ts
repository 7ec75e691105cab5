import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { errorReply, queuedResult } from "../../functions/http/reply-schemas.ts";
import { decided, succeeded } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER, RAVIGA } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, isOver, MobileBackend, statuses, stepOf } from "./mobile-backend.ts";
import { target } from "./target.ts";

/** A minute, for which a lost request may still arrive, is 3 s. A challenge lasts 6 s, and is answered at once. */
const reached = target(20);
const newBackend = () => new MobileBackend(reached());

const POST_ANSWER = { method: "POST", path: "/jobs/*/mfa" };

test.each([
  ["is down", { status: 503 }],
  ["sends an invalid reply", { body: "<html>" }],
  ["closes the connection", { reset: "before" }],
])("a login is refused and not stored when the aggregator %s for its institution", async (_, fault) => {
  const backend = newBackend();
  // The first request of this file for this institution: the functions have not cached it yet.
  await backend.faults([{ method: "GET", path: "/institutions/*", times: 100, do: fault }]);
  const login = { ...LOGINS.gavin, securityCode: "1", secondaryLoginId: "2" };
  const reply = await backend.connect(RAVIGA, login);
  await backend.faults([]);
  expect(errorReply.parse(reply.json).data[0]?.code).toBe("service-unavailable");
  expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await backend.loginsSent()).toBe(0);
});

describe.concurrent("after a fault of its own,", () => {
  // The kind of the fault, and the requests that follow the first POST.
  const POST = "POST connections";
  const LOOK_UP = "GET jobs";
  const CASES: [string, object, string[]][] = [
    ["again after a 429", { status: 429, retryAfter: "1" }, [POST]],
    ["again after a look-up if it met an internal error", { status: 500 }, [LOOK_UP, POST]],
    ["again after a look-up if it met a 503 of a bank that is up", { status: 503 }, [LOOK_UP, POST]],
    ["once if the reply was lost after it arrived", { reset: "after" }, [LOOK_UP]],
    ["again after a look-up if it never arrived", { reset: "before" }, [LOOK_UP, POST]],
    ["again after a look-up if the reply was invalid", { body: "<html>" }, [LOOK_UP, POST]],
  ];
  const backends = new Map<string, MobileBackend>();
  beforeAll(async () => {
    const faults = CASES.map(([title, fault]) => {
      const backend = newBackend();
      backends.set(title, backend);
      return { method: "POST", path: `/users/${backend.userId}/connections`, times: 1, do: fault };
    });
    await newBackend().faults(faults);
  });

  test.each(CASES)("a login is sent %s", async (title, _, expected) => {
    const backend = backends.get(title) ?? newBackend();
    await succeeded(backend, await backend.startJob(HOOLI, LOGINS.gavin));
    const user = `/users/${backend.userId}/`;
    const calls = (await backend.upstreamCalls()).filter((call) => call.includes(user));
    const [first, ...rest] = calls.map((call) => call.replace(user, ""));
    expect(first).toBe(POST);
    // The look-up is repeated until the login could have arrived.
    expect(rest.filter((call, index) => call !== rest[index - 1])).toEqual(expected);
  });
});

describe("with a fault of the aggregator,", () => {
  afterEach(() => newBackend().faults([]));

  const GET_JOB = { method: "GET", path: "/jobs/*" };
  /** A slice of 12 s polls 13 times at most, and repeats each failed request once. */
  const REQUESTS_OF_A_SLICE = 13 * 2;

  test.each([
    ["an error", { status: 503 }],
    ["a limit", { status: 429, retryAfter: "1" }],
    ["an invalid reply", { body: '{"steps":"none"}' }],
    ["no reply", { reset: "after" }],
  ])("a job goes on after a poll with %s", async (_, fault) => {
    const backend = newBackend();
    await backend.faults([{ ...GET_JOB, times: 4, do: fault }]);
    await succeeded(backend, await backend.startJob(HOOLI, LOGINS.gavin));
    expect(await backend.loginsSent()).toBe(1);
  });

  test("a job goes on when polls fail for longer than one slice", async () => {
    const backend = newBackend();
    await backend.faults(BANK_OUT_OF_SIGHT);
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    const polls = async () => (await backend.upstreamCalls()).filter((call) => call.startsWith("GET /jobs/"));
    await expect.poll(async () => (await polls()).length).toBeGreaterThan(REQUESTS_OF_A_SLICE);
    await backend.faults([]);
    await succeeded(backend, jobId);
    expect(await backend.loginsSent()).toBe(1);
  });

  test.each([
    ["once if the reply was lost after it arrived", { reset: "after" }, 1],
    ["again after an internal error", { status: 500 }, 2],
    ["again after a 429", { status: 429, retryAfter: "1" }, 2],
  ])("an answer is sent %s", async (_, fault, answers) => {
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(jobId);
    await backend.faults([{ ...POST_ANSWER, times: 1, do: fault }]);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    await succeeded(backend, jobId);
    expect(await backend.answersSent()).toBe(answers);
  });

  test("an answer that the aggregator refuses in its reply gets the same words each time, and is sent once", async () => {
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(jobId);
    const words = { code: "mfa-response-not-valid", title: "Not valid", detail: "Ask your bank" };
    const fault = { status: 400, body: JSON.stringify({ data: [words] }) };
    await backend.faults([{ ...POST_ANSWER, times: 1, do: fault }]);
    for (const reply of [await decided(backend, jobId, ["1234"]), await backend.answer(jobId, ["1234"])]) {
      expect([reply.status, errorReply.parse(reply.json).data]).toEqual([400, [{ type: "error", ...words }]]);
    }
    expect(await backend.answersSent()).toBe(1);
  });

  test.each([
    ["refuses the login", "refuse", "major-outage"],
    ["accepts the login and fails its first step", "fail", "partial-outage"],
  ])("a job waits in the queue when the aggregator %s", async (_, outage, status) => {
    const backend = newBackend();
    await backend.institution(HOOLI_GOV, { status, outage });
    const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
    const resultOf = (steps: Parameters<typeof isOver>[0]) =>
      queuedResult.safeParse(stepOf(steps, "verify-credentials")?.result);
    const job = await backend.until(jobId, (steps) => isOver(steps) || resultOf(steps).success);
    await backend.institution(HOOLI_GOV, { status: "operational" });
    expect(statuses(job.steps)[0]).toBe("verify-credentials: pending");
    expect(resultOf(job.steps).data).toMatchObject({ attempt: 1, attemptsLeft: 84 });
    expect((await backend.connect(HOOLI_GOV, LOGINS.gavin)).status).toBe(200);
  });
});
