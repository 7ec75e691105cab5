import { describe, expect, test } from "vitest";
import { blockedForMs, LOCKOUT_MS, noteRefused } from "../../functions/jobs/domain/login.ts";
import { START } from "../support/fake-clock.ts";

const at = (ms: number) => new Date(Date.parse(START) + ms);
const until = at(LOCKOUT_MS);
const noted = (...jobIds: string[]) => ({ jobIds, blockedUntil: until.toISOString() });

test("a lock-out is 15 minutes", () => {
  expect(LOCKOUT_MS).toBe(15 * 60_000);
});

describe("noting a refused login", () => {
  test("begins with the first one, and goes on in their order", () => {
    expect(noteRefused(undefined, "a", until)).toEqual(noted("a"));
    expect(noteRefused(noted("a"), "b", until)).toEqual(noted("a", "b"));
  });

  test("keeps the last three jobs, and counts the lock-out from the last one", () => {
    const old = { jobIds: ["a", "b", "c"], blockedUntil: START };
    expect(noteRefused(old, "d", until)).toEqual(noted("b", "c", "d"));
  });

  test("of a job that was noted before changes nothing, neither the count nor the time", () => {
    expect(noteRefused(noted("a"), "a", at(9e9))).toBeUndefined();
    expect(noteRefused(noted("a", "b", "c"), "b", at(9e9))).toBeUndefined();
  });
});

describe("a further login", () => {
  test.each([[undefined], [noted("a")], [noted("a", "b")]])(
    "may be tried after fewer than three: %o",
    (row) => {
      expect(blockedForMs(row, at(0))).toBe(0);
    },
  );

  test("is blocked after three, for what is left of the time", () => {
    const row = noted("a", "b", "c");
    expect(blockedForMs(row, at(0))).toBe(LOCKOUT_MS);
    expect(blockedForMs(row, at(LOCKOUT_MS - 1))).toBe(1);
    expect(blockedForMs(row, at(LOCKOUT_MS))).toBe(0);
    expect(blockedForMs(row, at(LOCKOUT_MS + 1))).toBe(0);
  });

  test("that is refused after the time blocks at once: they are still in a row", () => {
    const fourth = noteRefused(noted("a", "b", "c"), "d", at(2 * LOCKOUT_MS));
    expect(blockedForMs(fourth, at(LOCKOUT_MS))).toBe(LOCKOUT_MS);
  });
});
