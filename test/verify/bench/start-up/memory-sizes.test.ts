import { describe, expect, test } from "vitest";
import { firstReplyDollars, firstReplyMs, kneeOf, medianOf, processorShare } from "./memory-sizes.ts";

const start = { wallMs: 250, cpuMs: 200, peakMb: 100 };

test("a function of 1,769 MB has a whole processor, and a smaller one its part", () => {
  expect(processorShare(1769)).toBe(1);
  expect(processorShare(1769 / 4)).toBe(0.25);
});

describe("the first reply", () => {
  test("takes the processor time divided by the share", () => {
    expect(firstReplyMs(start, 1769 / 4)).toBe(800);
  });

  test("never takes less than without a limit", () => {
    expect(firstReplyMs(start, 1769)).toBe(250);
  });

  test("has the same price at every size at which the processor is the limit", () => {
    expect(firstReplyDollars(start, 256, 1000)).toBeCloseTo(firstReplyDollars(start, 128, 1000), 9);
    expect(firstReplyDollars(start, 1769, 1000)).toBeGreaterThan(firstReplyDollars(start, 1024, 1000));
  });
});

describe("the knee", () => {
  test("is the smallest size from which twice the memory shortens the first reply by less than is worth it", () => {
    // 1,382 ms at 256 MB, 691 ms at 512 MB, 345 ms at 1,024 MB, and never less than 250 ms.
    expect(kneeOf(start, [256, 512, 1024], 400)).toBe(512);
    expect(kneeOf(start, [256, 512, 1024], 340)).toBe(1024);
  });

  test("is no size that the process does not fit", () => {
    expect(kneeOf({ ...start, peakMb: 600 }, [256, 512, 1024], 400)).toBe(1024);
  });

  test("is missing when every doubling is worth it", () => {
    expect(kneeOf(start, [128, 256], 400)).toBeUndefined();
  });
});

test("the median of each figure is its own", () => {
  const starts = [
    { wallMs: 1, cpuMs: 9, peakMb: 5 },
    { wallMs: 3, cpuMs: 7, peakMb: 6 },
    { wallMs: 2, cpuMs: 8, peakMb: 4 },
  ];
  expect(medianOf(starts)).toEqual({ wallMs: 2, cpuMs: 8, peakMb: 5 });
});
