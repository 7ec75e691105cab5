import { expect, test } from "vitest";
import { LANGUAGES } from "../../../../functions/page/language.ts";
import { healthWords } from "../../../../functions/page/words.ts";
import { fakeClock } from "../../../support/fake-clock.ts";
import { timeAt } from "./attempts.ts";

const HELD_AT = timeAt(0);
const { msUntil } = fakeClock(timeAt(1200));

test.each([
  [
    "since when the bank is down",
    { status: "down", since: timeAt(-60) },
    "The bank has been down for about 21 minutes.",
    "Die Störung dauert bereits etwa 21 Minuten.",
  ],
  [
    "that a login succeeded after the job began to wait",
    { status: "up", succeededAt: timeAt(900) },
    "Logins to this bank succeed again: a try now may work.",
    "Anmeldungen bei dieser Bank funktionieren wieder. Ein neuer Versuch kann jetzt gelingen.",
  ],
  [
    "nothing of a login that succeeded before",
    { status: "up", succeededAt: timeAt(-1) },
    undefined,
    undefined,
  ],
  ["nothing of a bank that we know nothing about", { status: "up" }, undefined, undefined],
] as const)("A person who waits reads %s", (_, state, english, german) => {
  const words = { en: english, de: german };
  const of = (tag: "en" | "de") =>
    healthWords({ tag, words: LANGUAGES[tag] ?? LANGUAGES.en }, state, { heldAt: HELD_AT, msUntil });
  expect({ en: of("en"), de: of("de") }).toEqual(words);
});
