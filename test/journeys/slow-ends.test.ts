import { beforeAll, expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { MobileBackend, statuses, stepOf } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

// These wait for deadlines, so they wait side by side, each with a user and a fault of its own.
const userOf = (name: string) => new MobileBackend(reached(), `user-${name}`);
const postOf = (name: string) => ({ method: "POST", path: `/users/user-${name}/connections` });

beforeAll(() =>
  userOf("any").faults([
    { ...postOf("broken"), times: 1_000, do: { status: 500 } },
    { ...postOf("reset"), times: 1, do: { reset: "before" } },
    { ...postOf("rubbish"), times: 1, do: { body: "<html>" } },
    { method: "POST", path: "/jobs/*/mfa", times: 1, do: { reset: "before" } },
  ]),
);

test.concurrent("a challenge that nobody answers in time expires, and is answered no more", async () => {
  const backend = userOf("silent");
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  const job = await backend.untilOver(jobId);
  expect(stepOf(job.steps, "mfa-challenge")).toMatchObject({
    status: "failed",
    result: { code: "mfa-expired" },
  });
  const late = await backend.answer(jobId, ["1234"]);
  expect([late.status, errorReply.parse(late.json).data[0]?.code]).toEqual([
    410,
    "resource-no-longer-available",
  ]);
  expect(await backend.answersSent()).toBe(0);
});

test.concurrent("a login whose POST goes wrong every time fails in clear words, after a bounded number of tries", async () => {
  const backend = userOf("broken");
  const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
  expect(job.steps[0]).toMatchObject({ status: "failed", result: { code: "service-unavailable" } });
  const logins = await backend.loginsSent();
  expect(logins).toBeGreaterThan(1);
  expect(logins).toBeLessThan(10);
});

test.concurrent.each(["reset", "rubbish"])(
  "a login that met a %s is sent again when upstream has had time to know it, and does not",
  async (fault) => {
    const backend = userOf(fault);
    const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
    expect(statuses(job.steps)).toContain("retrieve-transactions: success");
    const calls = (await backend.upstreamCalls()).filter((call) => call.includes("/users/"));
    const [first, ...rest] = calls;
    expect(first).toBe(`POST /users/${backend.userId}/connections`);
    expect(rest.pop()).toBe(first);
    expect(new Set(rest)).toEqual(new Set([`GET /users/${backend.userId}/jobs`]));
  },
);

test.concurrent("an answer that never arrived is sent again when upstream has had time to know it", async () => {
  const backend = userOf("answering");
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  const job = await backend.untilOver(jobId);
  expect(statuses(job.steps)).toContain("retrieve-transactions: success");
  expect(await backend.answersSent()).toBe(2);
});
