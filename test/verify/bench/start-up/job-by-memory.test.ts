import { expect, test } from "vitest";
import { NO_USAGE } from "../usage.ts";
import { dollarsAt } from "./job-by-memory.ts";

test("what a function computes has the same price at every size, and what it waits for a higher one", () => {
  const computing = [{ ...NO_USAGE, calls: 1 }];
  expect(dollarsAt(computing, 384)).toBeCloseTo(dollarsAt(computing, 192), 12);
  const waiting = [{ ...NO_USAGE, sleptMs: 1000 }];
  expect(dollarsAt(waiting, 384)).toBeCloseTo(2 * dollarsAt(waiting, 192), 12);
});
