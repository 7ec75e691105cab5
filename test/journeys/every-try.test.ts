import { expect, test } from "vitest";
import { resume } from "./calls.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { GIVEN_UP, untilQueued } from "./queued.ts";
import { target } from "./target.ts";

/** The bank takes 10 ms, and two hours are longer than the test. */
const reached = target(200);

test("a login that always meets an outage is sent 85 times and no more, by whomever the tries are begun", async () => {
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
