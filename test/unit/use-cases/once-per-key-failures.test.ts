import { describe, expect, test } from "vitest";
import { DependencyDown } from "../../../functions/jobs/domain/errors.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { oncePerKey } from "../../../functions/jobs/use-cases/once-per-key.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { jobOf } from "../../support/job-examples.ts";
import { countedWork, keyed } from "../../support/use-case-worlds.ts";

const LEASE_MS = 30_000;
const never = () => new Promise<never>(() => undefined);
const down = async () => {
  throw new Error("down");
};
const refused = async () => {
  throw new Refusal({ reason: "field-missing", field: "password" });
};
const kept = (ports: FakePorts) => [...ports.reservations.rows.values()];

/** Ports on which a request has died at work, and the id that it was to use. */
async function died() {
  const ports = fakePorts();
  const work = countedWork(never);
  void oncePerKey(ports, keyed(), work);
  while (work.runs.length === 0) await Promise.resolve();
  return { ports, jobId: work.runs[0] ?? "" };
}

describe("a request that is refused", () => {
  test("leaves nothing: corrected, it is a new one", async () => {
    const ports = fakePorts();
    const failing = countedWork(refused);
    await expect(oncePerKey(ports, keyed(), failing)).rejects.toThrow(Refusal);
    expect(kept(ports)).toEqual([]);
    const work = countedWork();
    await oncePerKey(ports, keyed({ text: "POST /a\n{corrected}" }), work);
    expect(work.runs).not.toEqual(failing.runs);
  });

  test("is refused also when that cannot be written", async () => {
    const ports = fakePorts();
    ports.reservations.remove = down;
    await expect(oncePerKey(ports, keyed(), countedWork(refused))).rejects.toThrow(Refusal);
  });
});

describe("a request that fails", () => {
  test("is ended by the next one at once, with the same id", async () => {
    const ports = fakePorts();
    const failing = countedWork(down);
    await expect(oncePerKey(ports, keyed(), failing)).rejects.toThrow(/^down$/);
    const work = countedWork();
    const before = ports.clock.now();
    const reply = await oncePerKey(ports, keyed(), work);
    expect(ports.clock.now()).toEqual(before);
    expect(work.runs).toEqual(failing.runs);
    expect(await oncePerKey(ports, keyed(), work)).toEqual(reply);
  });

  test("is not forgotten: another request may not have its key", async () => {
    const ports = fakePorts();
    await expect(oncePerKey(ports, keyed(), countedWork(down))).rejects.toThrow();
    const other = keyed({ text: "POST /b\n{}" });
    await expect(oncePerKey(ports, other, countedWork())).rejects.toThrow(Refusal);
  });

  test("shows its own error also when that cannot be written", async () => {
    const ports = fakePorts();
    const work = countedWork(async () => {
      ports.reservations.write = async () => {
        throw new Error("still down");
      };
      throw new Error("down");
    });
    await expect(oncePerKey(ports, keyed(), work)).rejects.toThrow(/^down$/);
  });

  test("to keep its reply is not answered with it", async () => {
    const ports = fakePorts();
    const { write } = ports.reservations;
    ports.reservations.write = async (request, next, from) => {
      if (next.reply !== undefined) throw new Error("down");
      return write(request, next, from);
    };
    const first = countedWork();
    await expect(oncePerKey(ports, keyed(), first)).rejects.toThrow("down");
    ports.reservations.write = write;
    const work = countedWork();
    await oncePerKey(ports, keyed(), work);
    expect(work.runs).toEqual(first.runs);
  });
});

describe("a request whose first one died", () => {
  test("is told to come later as long as that one may be alive", async () => {
    const { ports } = await died();
    const work = countedWork();
    const before = ports.clock.now();
    await expect(oncePerKey(ports, keyed(), work)).rejects.toThrow(DependencyDown);
    expect(ports.clock.now().getTime() - before.getTime()).toBe(5_000);
    expect(work.runs).toEqual([]);
  });

  test("ends what that one began, with its id", async () => {
    const { ports, jobId } = await died();
    ports.clock.pass(LEASE_MS);
    const work = countedWork();
    const reply = await oncePerKey(ports, keyed(), work);
    expect(work.runs).toEqual([jobId]);
    expect(await oncePerKey(ports, keyed(), work)).toEqual(reply);
    expect(work.runs).toHaveLength(1);
  });

  test("does so without waiting for longer than a poll, once it is dead", async () => {
    const { ports } = await died();
    ports.clock.pass(LEASE_MS - 1);
    const before = ports.clock.now();
    await oncePerKey(ports, keyed(), countedWork());
    expect(ports.clock.now().getTime() - before.getTime()).toBe(250);
  });

  test.each([
    ["is under way", { phase: "following", attempt: 1 }],
    ["has failed", { phase: "failed", attempt: 1 }],
    ["is resumed", { phase: "accepted", attempt: 3 }],
  ] as const)("is told of the job as a new one when it %s", async (_, state) => {
    const { ports, jobId } = await died();
    ports.jobs.put(jobOf({ id: jobId, ...state }));
    ports.clock.pass(LEASE_MS);
    const work = countedWork();
    expect(await oncePerKey(ports, keyed(), work)).toMatchObject({ status: 202, body: { id: jobId } });
    expect(work.runs).toEqual([]);
  });

  test("runs again when the job was accepted, and may not have been started", async () => {
    const { ports, jobId } = await died();
    ports.jobs.put(jobOf({ id: jobId }));
    ports.clock.pass(LEASE_MS);
    const work = countedWork();
    await oncePerKey(ports, keyed(), work);
    expect(work.runs).toEqual([jobId]);
  });

  test("is one of two: only one of them runs", async () => {
    const { ports, jobId } = await died();
    ports.clock.pass(LEASE_MS);
    const work = countedWork();
    const replies = await Promise.all([oncePerKey(ports, keyed(), work), oncePerKey(ports, keyed(), work)]);
    expect(replies[0]).toEqual(replies[1]);
    expect(work.runs).toEqual([jobId]);
  });
});
