import { expect, test } from "vitest";
import { isNightly } from "../support/nightly.ts";
import { endsIn, liveOut, NOTHING_BROKEN } from "./judged.ts";
import { START_MS } from "./world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const USERS = isNightly ? 500 : 100;
const WITHIN_MS = 40 * MINUTE_MS;
/** For so long, the clock is right, an hour ahead, right, and an hour behind. */
const EACH_MS = 7 * MINUTE_MS;
const OFF_BY_MS = [0, HOUR_MS, 0, -HOUR_MS];

test("No job is lost, doubled, stuck or leaked when the clock of functions jumps back and forth an hour", async () => {
  const jumpsUntil = START_MS + WITHIN_MS + 20 * MINUTE_MS;
  const clockIsOffByMs = (at: number) =>
    at > jumpsUntil ? 0 : (OFF_BY_MS[Math.floor((at - START_MS) / EACH_MS) % OFF_BY_MS.length] ?? 0);
  const { ends, ...broken } = await liveOut(
    { seed: 21, harm: () => undefined, clockIsOffByMs },
    USERS,
    WITHIN_MS,
  );
  process.stdout.write(`The clock jumped:\n  ${endsIn({ ends }).join("\n  ")}\n`);
  expect(broken).toEqual(NOTHING_BROKEN);
  expect([...ends.values()].flat().length).toBeGreaterThanOrEqual(USERS);
});
