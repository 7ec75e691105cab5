import { expect, test } from "vitest";
import { Account, TooManyRequestsException } from "../account.ts";
import { TokenBucket } from "../quotas.ts";
import { VirtualTime } from "../virtual-time.ts";

test("The time moves from one due time to the next, and keeps the order of what is due at the same time", async () => {
  const time = new VirtualTime(0);
  const seen: string[] = [];
  for (const [name, ms] of [
    ["c", 30],
    ["a", 10],
    ["b", 10],
    ["late", 100],
  ] as const) {
    time.after(ms, () => seen.push(`${name} ${time.now()}`));
  }
  time.after(20, () => seen.push("cancelled"))();
  await time.runUntil(50);
  expect([seen, time.now()]).toEqual([["a 10", "b 10", "c 30"], 50]);
});

test("A wait of the workflow ends early when it is aborted", async () => {
  const time = new VirtualTime(0);
  const aborter = new AbortController();
  const ended = time.delay(1_000, aborter.signal).catch((reason: unknown) => `${reason} at ${time.now()}`);
  time.after(10, () => aborter.abort("stopped"));
  await time.runUntil(2_000);
  expect(await ended).toBe("stopped at 10");
});

test("A bucket refuses what it does not have, fills up to its size, and says how long to wait", async () => {
  const time = new VirtualTime(0);
  const bucket = new TokenBucket(time, { bucket: 2, perSecond: 1 });
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
  await time.runUntil(10_000);
  expect([bucket.take(2), bucket.take()]).toEqual([true, false]);
  expect([bucket.reserve(1), bucket.reserve(1), bucket.throttled]).toEqual([1_000, 2_000, 4]);
});

test("A function runs only if one of its concurrent executions is free, and reserved ones are of their function only", async () => {
  const time = new VirtualTime(0);
  const account = new Account(time, { concurrency: 3, reserved: { follow: 1 }, seed: 1 });
  const run = (name: string) =>
    account
      .invoke(name, () => time.sleep(1_000))
      .then(
        () => "ran",
        (error: unknown) => error instanceof TooManyRequestsException,
      );
  const first = ["follow", "follow", "get", "get", "get"].map(run);
  await time.runUntil(2_000);
  expect(await Promise.all(first)).toEqual(["ran", true, "ran", "ran", true]);
  expect([account.running, account.mostRunning]).toEqual([0, 3]);
});

test("A call is repeated after throttling, and fails as a call of the SDK does after the third time", async () => {
  const time = new VirtualTime(0);
  const account = new Account(time, { concurrency: 1, seed: 1 });
  account.bucket("StopExecution").reserve(500 + 25 * 3_600);
  const failing = account.call({ StopExecution: 1 }, () => "stopped").catch((error: unknown) => error);
  await time.runUntil(10_000);
  expect(await failing).toMatchObject({ name: "ThrottlingException", $fault: "client" });
  expect(account.throttled().get("StopExecution")).toBe(4);
});
