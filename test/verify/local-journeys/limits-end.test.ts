import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { connected, resume, succeeded } from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";

/** A quarter of an hour is 6 s, and 4 minutes are 1.6 s. */
const QUARTER_HOUR_MS = 6_000;
const system = localSystem(150);
const newBackend = () => new MobileBackend(targetOf(system()));

const WRONG = { ...LOGINS.gavin, password: "mistyped" };

/** Sends wrong logins until they are blocked, and returns how many the bank got. On a slow machine, a block may end in between. */
async function blocked(backend: MobileBackend): Promise<{ logins: number; seconds: number }> {
  for (let logins = 0; ; logins++) {
    const reply = await backend.connect(HOOLI, WRONG);
    if (reply.status === 429) return { logins, seconds: Number(reply.headers.get("retry-after")) };
    expect(reply.status).toBe(202);
    await backend.untilOver(String(Reflect.get(Object(reply.json), "id")));
  }
}

test.concurrent("a blocked login may be tried after the time in the refusal, and a fourth wrong login blocks again", async () => {
  const backend = newBackend();
  const first = await blocked(backend);
  expect(first.logins).toBeGreaterThanOrEqual(3);
  await sleep(first.seconds * 1_000);
  const second = await blocked(backend);
  expect(second.logins).toBeGreaterThanOrEqual(1);
  expect(await backend.loginsSent()).toBe(first.logins + second.logins);
  await sleep(second.seconds * 1_000);
  await connected(backend, HOOLI, LOGINS.gavin);
});

test.concurrent("a login that meets an error each time fails the job after a few tries", async () => {
  const backend = newBackend();
  const path = `/users/${backend.userId}/connections`;
  await backend.faults([{ method: "POST", path, times: 1_000, do: { status: 500 } }]);
  const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
  expect(job.steps[0]).toMatchObject({ status: "failed", result: { code: "service-unavailable" } });
  const logins = await backend.loginsSent();
  expect(logins).toBeGreaterThan(1);
  expect(logins).toBeLessThan(10);
});

test.concurrent("a job that waited in the queue for longer than a job is followed succeeds when it is resumed", async ({
  expect,
}) => {
  const backend = newBackend();
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "fail" });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  const { job, queued } = await untilQueued(backend, jobId);
  await expect.poll(() => Date.now() - Date.parse(job.created)).toBeGreaterThan(QUARTER_HOUR_MS + 1_000);
  expect((await untilQueued(backend, jobId)).queued).toEqual(queued);
  await backend.institution(HOOLI_GOV, { status: "operational" });
  await resume(backend, jobId);
  await succeeded(backend, jobId);
});
