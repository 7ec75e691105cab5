import { expect, test } from "vitest";
import { GAVIN, WHISTLER } from "./backend.ts";
import { MOMENTS } from "./kill-moments.ts";
import { isOver, LastingUser } from "./lasting-user.ts";
import { manyLives } from "./lives.ts";
import { secretsKept } from "./secrets-kept.ts";
import { expectNoSecrets } from "./secrets-said.ts";

/** A plain job takes a second and a half, a challenge is open for thirty. */
const TIME_SCALE = 4;
/** A request takes about as long. */
const MAX_DELAY_MS = 25;

test("every job that was acknowledged goes on, whenever local mode is killed", {
  timeout: 240_000,
}, async () => {
  const start = await manyLives(TIME_SCALE);
  const users = MOMENTS.map((moment) => ({ moment, user: new LastingUser() }));
  let local = await start();
  for (const { moment, user } of users) {
    const delayMs = Math.floor(Math.random() * MAX_DELAY_MS);
    await user.meet(local);
    await moment.before(user, delayMs);
    await local.end("SIGKILL");
    process.stdout.write(`killed ${moment.name} (${delayMs} ms)\n`);
    expectNoSecrets(local, WHISTLER, GAVIN);
    local = await start();
    await user.meet(local);
    await moment.after?.(user);
  }
  for (const { moment, user } of users) {
    await user.meet(local);
    expect(await user.until(isOver), moment.name).toMatchObject(moment.ends.map((status) => ({ status })));
    expect((await user.posted()).length, moment.name).toBe(moment.posts);
    expect(await user.jobIdsLeft(), moment.name).toEqual([user.jobId]);
  }
  expect(await secretsKept(local)).toBe(0);
});
