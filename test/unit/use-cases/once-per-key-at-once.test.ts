import { describe, expect, test } from "vitest";
import { DependencyDown } from "../../../functions/jobs/domain/errors.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { oncePerKey } from "../../../functions/jobs/use-cases/once-per-key.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { countedWork, keyed } from "../../support/use-case-worlds.ts";

const LEASE_MS = 30_000;

/** A request that is at work until it is let go. */
async function atWork() {
  const ports = fakePorts();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const work = countedWork(() => promise);
  const first = oncePerKey(ports, keyed(), work);
  while (work.runs.length === 0) await Promise.resolve();
  return { ports, work, first, resolve, reject };
}

describe("a request while the same one is at work", () => {
  test("waits for its reply", async () => {
    const { ports, work, first, resolve } = await atWork();
    const { sleep } = ports.clock;
    let naps = 0;
    ports.clock.sleep = async (ms) => {
      await sleep(ms);
      if (++naps === 3) {
        resolve();
        await first;
      }
    };
    expect(await oncePerKey(ports, keyed(), countedWork())).toEqual(await first);
    expect(naps).toBe(3);
    expect(work.runs).toHaveLength(1);
  });

  test("waits for 5 s at most", async () => {
    const { ports, resolve } = await atWork();
    const before = ports.clock.now().getTime();
    await expect(oncePerKey(ports, keyed(), countedWork())).rejects.toThrow(DependencyDown);
    expect(ports.clock.now().getTime() - before).toBe(5_000);
    resolve();
  });

  test("comes in its place when it is refused", async () => {
    const { ports, first, reject } = await atWork();
    const { sleep } = ports.clock;
    ports.clock.sleep = async (ms) => {
      await sleep(ms);
      reject(new Refusal("not-json"));
      await first.catch(() => undefined);
    };
    const work = countedWork();
    expect((await oncePerKey(ports, keyed(), work)).jobId).toBe(work.runs[0]);
    await expect(first).rejects.toThrow(Refusal);
  });
});

test("many at once are one, and all are told the same", async () => {
  const [ports, work] = [fakePorts(), countedWork()];
  const replies = await Promise.all(Array.from({ length: 12 }, () => oncePerKey(ports, keyed(), work)));
  expect(work.runs).toHaveLength(1);
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
});

describe("a request that takes longer than it may live", () => {
  test("tells what the one that took its place has told", async () => {
    const { ports, work, first, resolve } = await atWork();
    ports.clock.pass(LEASE_MS);
    const second = countedWork(undefined, "another");
    const reply = await oncePerKey(ports, keyed(), second);
    expect(reply.body).toMatchObject({ by: "another" });
    expect(second.runs).toEqual(work.runs);
    resolve();
    expect(JSON.stringify(await first)).toBe(JSON.stringify(reply));
  });

  test("has its reply kept when that one was refused", async () => {
    const { ports, first, resolve } = await atWork();
    ports.clock.pass(LEASE_MS);
    const refusing = countedWork(async () => {
      throw new Refusal("not-json");
    });
    await expect(oncePerKey(ports, keyed(), refusing)).rejects.toThrow(Refusal);
    resolve();
    const reply = await first;
    const third = countedWork();
    expect(await oncePerKey(ports, keyed(), third)).toEqual(reply);
    expect(third.runs).toEqual([]);
  });

  test("does not take the place of that one when it fails", async () => {
    const { ports, first, reject } = await atWork();
    ports.clock.pass(LEASE_MS);
    const reply = await oncePerKey(ports, keyed(), countedWork());
    reject(new Error("down"));
    await expect(first).rejects.toThrow("down");
    expect(await oncePerKey(ports, keyed(), countedWork())).toEqual(reply);
  });

  test("does not remove what that one has kept when it is refused", async () => {
    const { ports, first, reject } = await atWork();
    ports.clock.pass(LEASE_MS);
    const reply = await oncePerKey(ports, keyed(), countedWork());
    reject(new Refusal("not-json"));
    await expect(first).rejects.toThrow(Refusal);
    expect(await oncePerKey(ports, keyed(), countedWork())).toEqual(reply);
  });
});
