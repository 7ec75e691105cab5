import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { WaitReason } from "../../../infra/local/abortable-delay.ts";
import { TestClock } from "../../../infra/testing/test-clock.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A clock on a machine whose time stands still, so that only the clock itself moves. It starts at 0. */
function world() {
  const clock = new TestClock(() => 0);
  const ends: string[] = [];
  /** Notes the name and the time of the wait's end. */
  const wait = (name: string, ms: number, reason: WaitReason = "pause", stop = new AbortController()) => {
    const noted = () => ends.push(`${name} at ${clock.now()}`);
    return clock.delay(ms, stop.signal, reason).then(noted, () => ends.push(`${name} stopped`));
  };
  return { clock, ends, wait };
}

test("Waits that are due end in the order of their times, each at its time, whatever it waits for", async () => {
  const { clock, ends, wait } = world();
  void wait("queue", 2 * HOUR);
  void wait("time-out", HOUR, "time-out").then(() => wait("step", 90 * MINUTE));
  void wait("retry", 5, "retry");
  void wait("later", 3 * HOUR + 1);
  await clock.advance(3 * HOUR);
  expect(ends).toEqual([
    "retry at 5",
    `time-out at ${HOUR}`,
    `queue at ${2 * HOUR}`,
    `step at ${2.5 * HOUR}`,
  ]);
  expect(clock.now()).toBe(3 * HOUR);
});

test("The clock skips pauses of up to a minute by itself, and nothing else", async () => {
  const { clock, ends, wait } = world();
  void wait("queue", MINUTE + 1);
  void wait("challenge", 30 * SECOND, "time-out");
  void wait("schedule", MINUTE, "schedule");
  await wait("poll", SECOND).then(() => wait("bank", 2 * SECOND));
  await clock.settled();
  expect(ends).toEqual(["poll at 1000", "bank at 3000"]);
  expect(clock.now()).toBe(3_000);
});

test("The time does not move while an invocation works, and moves while it waits", async () => {
  const { clock, ends, wait } = world();
  const work = Promise.withResolvers<void>();
  const invoked = clock.invoke(false, async () => {
    await work.promise;
    await clock.sleep(SECOND);
    ends.push(`invocation at ${clock.now()}`);
  });
  void wait("poll", 10);
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect(ends).toEqual([]);
  work.resolve();
  await invoked;
  expect(ends).toEqual(["poll at 10", "invocation at 1000"]);
});

test("A paused clock moves only when it is told to, and goes on from there", async () => {
  const { clock, ends, wait } = world();
  await clock.pause();
  void wait("poll", SECOND);
  await clock.settled();
  await clock.advance(999);
  expect([ends, clock.now()]).toEqual([[], 999]);
  await clock.resume();
  await clock.settled();
  expect(ends).toEqual(["poll at 1000"]);
});

test("An invocation that watches wakes when something was written, and does not move the time", async () => {
  const { clock, ends } = world();
  void clock.invoke(true, async () => {
    for (;;) {
      await clock.sleep(HOUR);
      ends.push(`looked at ${clock.now()}`);
    }
  });
  await clock.settled();
  expect(ends).toEqual([]);
  clock.wrote("{}");
  await clock.settled();
  expect(ends).toEqual(["looked at 0"]);
});

test("A loop rests without moving the time, and counts as work when it is awake", async () => {
  const { clock, ends } = world();
  const stop = new AbortController();
  const rest = clock.restOfLoop();
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await rest(HOUR, stop.signal);
      await turn();
      await turn();
      ends.push("worked");
    }
  })();
  clock.wrote("{}");
  await clock.settled();
  expect(ends).toEqual(["worked"]);
  stop.abort();
  await loop;
});

test("A schedule runs only where rows name a time, and all schedules at the same full minutes", async () => {
  const { clock, ends, wait } = world();
  await clock.advance(SECOND);
  clock.wrote(JSON.stringify({ updatedAt: new Date(SECOND), sweepAt: new Date(10 * MINUTE + 1) }));
  const every = async (name: string) => {
    for (;;) await wait(name, MINUTE, "schedule");
  };
  void every("sweep");
  await clock.advance(SECOND);
  void every("webhooks");
  await clock.advance(HOUR);
  expect(ends).toEqual([
    ...[`sweep at ${MINUTE}`, `webhooks at ${MINUTE}`],
    ...[`sweep at ${11 * MINUTE}`, `webhooks at ${11 * MINUTE}`],
  ]);
});

test("A wait that is stopped ends at once, and nothing is due any more", async () => {
  const { clock, ends, wait } = world();
  const stop = new AbortController();
  const stopped = wait("task", HOUR, "time-out", stop);
  stop.abort();
  await stopped;
  await clock.advance(2 * HOUR);
  expect(ends).toEqual(["task stopped"]);
});
