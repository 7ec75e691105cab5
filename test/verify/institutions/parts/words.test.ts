import { expect, test } from "vitest";
import { healthWords } from "../../../../functions/page/words.ts";
import { fakeClock } from "../../../support/fake-clock.ts";
import { timeAt } from "./attempts.ts";

const HELD_AT = timeAt(0);
const { msUntil } = fakeClock(timeAt(1200));

test.each([
  [
    "since when the bank is down",
    { status: "down", since: timeAt(-60) },
    "It has been down for about 21 minutes.",
  ],
  [
    "that a login succeeded after the job began to wait",
    { status: "up", succeededAt: timeAt(900) },
    "Logins there succeed again: a try now may work.",
  ],
  ["nothing of a login that succeeded before", { status: "up", succeededAt: timeAt(-1) }, undefined],
  ["nothing of a bank that we know nothing about", { status: "up" }, undefined],
] as const)("A person who waits reads %s", (_, state, words) => {
  expect(healthWords(state, { heldAt: HELD_AT, msUntil })).toBe(words);
});
