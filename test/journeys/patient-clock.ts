import { syncBuiltinESMExports } from "node:module";
import FakeTimers from "@sinonjs/fake-timers";

/**
 * Local mode's clock is fast in tests: two minutes can be six seconds. On a busy machine, they would be over before a test had the
 * processor for its next step. So the clock of a test's process counts at most a few milliseconds for each turn of the event loop, however
 * long the turn took.
 */
const TURN_COUNTS_AT_MOST_MS = 4;
const LOOK_EVERY_MS = 2;

const { setInterval, performance } = globalThis;
const now = () => performance.now();

const clock = FakeTimers.install({
  now: Date.now(),
  toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
  // Node's own parts have timers of before.
  shouldClearNativeTimers: true,
});
syncBuiltinESMExports();

let since = now();
setInterval(() => {
  const elapsed = now() - since;
  since += elapsed;
  clock.tick(Math.min(elapsed, TURN_COUNTS_AT_MOST_MS));
}, LOOK_EVERY_MS).unref();
