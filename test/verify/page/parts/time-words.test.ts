import { expect, test } from "vitest";
import { exactly, roughly } from "../../../../functions/page/time-words.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.each([
  [118_000, "1 minute 58 seconds"],
  [60_000, "1 minute"],
  [1_000, "1 second"],
  [500, "1 second"],
  [0, "0 seconds"],
  [-5_000, "0 seconds"],
])("a deadline in %d ms is told to the second", (ms, words) => {
  expect(exactly(ms, "en")).toBe(words);
});

test.each([
  [0, "1 minute"],
  [MINUTE + 1, "2 minutes"],
  [15 * MINUTE, "15 minutes"],
  [HOUR, "1 hour"],
  [2 * HOUR + 40_000, "2 hours"],
  [HOUR + 58 * MINUTE, "2 hours"],
  [HOUR + 33 * MINUTE, "1 hour 35 minutes"],
  [7 * 24 * HOUR - 1000, "7 days"],
  [3 * 24 * HOUR + 5 * HOUR + 20 * MINUTE, "3 days 5 hours"],
])("a wait of %d ms is told roughly", (ms, words) => {
  expect(roughly(ms, "en")).toBe(words);
});

test("times are told as each language does", () => {
  expect(exactly(118_000, "de")).toBe("1 Minute, 58 Sekunden");
  expect(roughly(3 * 24 * HOUR, "de")).toBe("3 Tage");
});
