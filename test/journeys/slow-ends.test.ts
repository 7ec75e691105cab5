import { expect, test } from "vitest";
import { errorReply } from "../../functions/wire/api-replies.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { MobileBackend, stepOf } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

// These wait for deadlines, so they wait side by side.

test.concurrent("a challenge that nobody answers in time expires, and is answered no more", async () => {
  const backend = new MobileBackend(reached());
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
  const backend = new MobileBackend(reached());
  const path = `/users/${backend.userId}/connections`;
  await backend.faults([{ method: "POST", path, times: 1_000, do: { status: 500 } }]);
  const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
  expect(job.steps[0]).toMatchObject({ status: "failed", result: { code: "service-unavailable" } });
  expect(await backend.loginsSent()).toBe(7);
});
