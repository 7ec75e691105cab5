import { expect, test } from "vitest";
import { GAVIN, PLAIN_BANK } from "./backend.ts";
import { isOver, isQueued, LastingUser } from "./lasting-user.ts";
import { manyLives } from "./lives.ts";
import { secretsKept } from "./secrets-kept.ts";

const DONE = [{ status: "success" }, { status: "success" }, { status: "success" }];
const manyUsers = (count: number) => Array.from({ length: count }, () => new LastingUser());

async function expectDone(users: readonly LastingUser[], logins: number): Promise<void> {
  for (const user of users) {
    expect(await user.until(isOver)).toMatchObject(DONE);
    expect((await user.posted()).length).toBe(logins);
    expect(await user.jobIdsLeft()).toEqual([user.jobId]);
  }
}

test("jobs that are accepted by the dozen are neither lost nor doubled, whenever local mode is killed", async () => {
  const start = await manyLives(3);
  const users: LastingUser[] = [];
  for (const killAfter of [2, 10, 6]) {
    const local = await start();
    const more = manyUsers(15);
    users.push(...more);
    for (const user of more) await user.meet(local);
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    let heard = 0;
    const asking = more.map(async (user) => {
      if ((await user.create(PLAIN_BANK, GAVIN)) === 202 && ++heard === killAfter) resolve();
    });
    await enough;
    await local.end("SIGKILL");
    await Promise.all(asking);
    process.stdout.write(`killed after ${killAfter} of 15 replies; ${heard} were heard\n`);
  }
  const local = await start();
  for (const user of users) await user.meet(local);
  await Promise.all(users.filter(({ jobId }) => jobId === "").map((user) => user.insist(PLAIN_BANK, GAVIN)));
  await expectDone(users, 1);
  expect(await secretsKept(local)).toBe(0);
});

test("jobs that wait for their bank go on waiting, and are tried when it is time", async () => {
  /** Two hours take 24 s. */
  const start = await manyLives(300);
  const users = manyUsers(10);
  let local = await start();
  for (const user of users) await user.meet(local);
  await users[0]?.institution(PLAIN_BANK, { status: "major-outage", outage: "refuse" });
  for (const user of users) {
    expect(await user.create(PLAIN_BANK, GAVIN)).toBe(202);
    await user.until(isQueued);
  }
  for (const life of [1, 2]) {
    await local.end("SIGKILL");
    process.stdout.write(`killed while ten jobs are queued, in life ${life}\n`);
    local = await start();
    for (const user of users) {
      await user.meet(local);
      expect(isQueued(await user.steps())).toBe(true);
    }
  }
  await users[0]?.institution(PLAIN_BANK, { status: "operational" });
  await expectDone(users, 2);
  expect(await secretsKept(local)).toBe(0);
});
