import { describe, expect, test } from "vitest";
import { awaitingJob } from "../../support/job-examples.ts";
import { jobAt, waitingJob } from "../../support/use-case-worlds.ts";

describe("an answer in time", () => {
  test("is kept, marked and wakes the workflow, in this order", async () => {
    const { ports, answer, row, kept } = await waitingJob();
    const order: string[] = [];
    const { keep } = ports.vault;
    const { record } = ports.jobs;
    const { wake } = ports.waker;
    ports.vault.keep = (...args) => {
      order.push("keep");
      return keep(...args);
    };
    ports.jobs.record = (...args) => {
      order.push("record");
      return record(...args);
    };
    ports.waker.wake = (...args) => {
      order.push("wake");
      return wake(...args);
    };
    const job = await answer(["1234"]);
    expect(order).toEqual(["keep", "record", "wake"]);
    expect(job).toEqual(row());
    expect(row()).toMatchObject({ phase: "answered", challenge: { number: 1, isAnswered: true } });
    expect(await kept()).toEqual(["1234"]);
    expect(ports.waker.woken).toEqual([{ token: "task-token", challengeNumber: 1 }]);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("is stored for an hour: four times the longest time that an answer may take", async () => {
    const { ports, answer } = await waitingJob();
    const { keep } = ports.vault;
    const lives: number[] = [];
    ports.vault.keep = (ref, secret, until) => {
      lives.push(ports.clock.msUntil(until));
      return keep(ref, secret, until);
    };
    await answer(["1234"]);
    expect(lives).toEqual([3_600_000]);
  });

  test("may come until the last millisecond", async () => {
    const { ports, answer } = await waitingJob();
    ports.clock.pass(119_999);
    expect((await answer(["1234"])).phase).toBe("answered");
  });

  test.each([[[]], [["1", "2"]]])("of another count of texts than inputs is refused", async (texts) => {
    const { ports, refusal, row } = await waitingJob();
    expect(await refusal(texts)).toBe("answers-not-valid");
    expect(row().phase).toBe("awaiting-answer");
    expect(ports.vault.names()).toEqual([]);
  });
});

describe("a second answer", () => {
  test("is taken without an effect: the first one wins", async () => {
    const { answer, row, kept } = await waitingJob();
    await answer(["1234"]);
    const first = row();
    expect(await answer(["9999"])).toEqual(first);
    expect(await kept()).toEqual(["1234"]);
  });

  test("at the same moment leaves one answer and one change", async () => {
    const { ports, answer, row, kept } = await waitingJob();
    await Promise.all(["1", "2", "3", "4", "5"].map((text) => answer([text])));
    expect(row()).toMatchObject({ phase: "answered", version: awaitingJob().version + 1 });
    expect(await kept()).toHaveLength(1);
    expect(new Set(ports.waker.woken.map(({ challengeNumber }) => challengeNumber))).toEqual(new Set([1]));
  });

  test("finishes what a crash left between keeping the answer and marking it", async () => {
    const { ports, answer, row, kept } = await waitingJob();
    const { record } = ports.jobs;
    ports.jobs.record = async () => {
      throw new Error("crash");
    };
    await expect(answer(["1234"])).rejects.toThrow("crash");
    ports.jobs.record = record;
    await answer(["9999"]);
    expect(row().phase).toBe("answered");
    expect(await kept()).toEqual(["1234"]);
    expect(ports.waker.woken).toHaveLength(1);
  });

  test.each(["sending-answer", "following"] as const)(
    "in %s wakes nobody and keeps nothing",
    async (phase) => {
      const { ports, answer } = await waitingJob(jobAt(phase, "in-progress"));
      expect((await answer(["1234"])).phase).toBe(phase);
      expect(ports.waker.woken).toEqual([]);
      expect(ports.vault.names()).toEqual([]);
    },
  );

  test("that was read in time but kept after the first one was sent leaves nothing behind", async () => {
    const { ports, answer } = await waitingJob();
    const { keep } = ports.vault;
    ports.vault.keep = async (...args) => {
      ports.jobs.put({ ...jobAt("following", "in-progress"), version: 9 });
      await keep(...args);
    };
    expect((await answer(["9999"])).phase).toBe("following");
    expect(ports.vault.names()).toEqual([]);
  });
});
