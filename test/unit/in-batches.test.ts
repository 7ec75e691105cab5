import { describe, expect, test } from "vitest";
import { inBatches } from "../../functions/jobs/use-cases/in-batches.ts";

describe("what is made in batches", () => {
  test("comes in its order, so many at once", async () => {
    let [atOnce, most] = [0, 0];
    const made = await inBatches([1, 2, 3, 4, 5], 2, async (one) => {
      most = Math.max(most, ++atOnce);
      for (let turn = 0; turn < 6 - one; turn++) await Promise.resolve();
      atOnce--;
      return one * 10;
    });
    expect(made).toEqual([10, 20, 30, 40, 50]);
    expect(most).toBe(2);
  });

  test("ends with the first failure, once the rest of its batch is at its end", async () => {
    const ended: number[] = [];
    const making = inBatches([1, 2, 3, 4], 3, async (one) => {
      if (one === 1) throw new Error("failed");
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(one);
    });
    await expect(making).rejects.toThrow("failed");
    expect(ended).toEqual([2, 3]);
  });
});
