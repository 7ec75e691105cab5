import { syncBuiltinESMExports } from "node:module";
import FakeTimers from "@sinonjs/fake-timers";

/**
 * Local mode's clock is fast in tests: two minutes can be six seconds. On a machine that is busy, they would be over before a
 * test had the processor for its next step. This clock of the process therefore counts only time in which its event loop turns: a turn
 * that takes longer counts as a few milliseconds.
 */
const TURN_COUNTS_AT_MOST_MS = 4;
const LOOK_EVERY_MS = 2;

const { setInterval, performance } = globalThis;
const now = () => performance.now();

const clock = FakeTimers.install({
  now: Date.now(),
  toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
});
syncBuiltinESMExports();

let since = now();
setInterval(() => {
  const elapsed = now() - since;
  since += elapsed;
  clock.tick(Math.min(elapsed, TURN_COUNTS_AT_MOST_MS));
}, LOOK_EVERY_MS).unref();
