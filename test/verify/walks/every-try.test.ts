import { expect, test } from "vitest";
import { resume } from "../../journeys/calls.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { GIVEN_UP, untilQueued } from "../../journeys/queued.ts";
import { target } from "../../journeys/target.ts";

/** Bank steps of 2 s take 40 ms, and the two hours until the next try are 144 s: the user resumes the job first. */
const reached = target(50);

test("a login that always meets an outage is sent 85 times and not again, however often the user resumes the job", async () => {
  const backend = new MobileBackend(reached());
  const jobId = await backend.startJob(HOOLI, LOGINS.jianYang);
  for (let tries = 1; tries <= 84; tries++) {
    const { queued } = await untilQueued(backend, jobId, ({ attempt }) => attempt >= tries);
    expect([queued.attempt, queued.attemptsLeft]).toEqual([tries, 85 - tries]);
    expect(await backend.loginsSent()).toBe(tries);
    expect((await resume(backend, jobId)).status).toBe(202);
  }
  const job = await backend.untilOver(jobId);
  expect(job.steps[0]).toEqual({ title: "verify-credentials", status: "failed", result: GIVEN_UP });
  expect(await backend.loginsSent()).toBe(85);
});
