import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { runSchedules, type ScheduleOptions } from "../../infra/local/run-schedules.ts";

const EVERY_MINUTE = { everySeconds: 60, functionArn: "sweep" };

interface Pause {
  ms: number;
  over(): void;
  isAborted(): boolean;
}

/** Schedules whose runs and pauses end when the test says so. */
function scheduled(options: Partial<ScheduleOptions> = {}) {
  const pauses: Pause[] = [];
  const runs: { arn: string; event: unknown; ends: PromiseWithResolvers<unknown> }[] = [];
  const running = runSchedules({
    schedules: [EVERY_MINUTE],
    timeScale: 1,
    invoke: (arn, event) => {
      const ends = Promise.withResolvers<unknown>();
      runs.push({ arn, event, ends });
      return ends.promise;
    },
    delay: (ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => reject(signal.reason));
      if (signal.aborted) reject(signal.reason);
      pauses.push({ ms, over: resolve, isAborted: () => signal.aborted });
      return promise;
    },
    ...options,
  });
  return { ...running, runs, pauses };
}

/** Everything that could go on by itself has. */
const settled = () => setImmediate();

test("each function is called at once, and then at its own pace", async () => {
  const schedules = [EVERY_MINUTE, { everySeconds: 7200, functionArn: "other" }];
  const { runs, pauses } = scheduled({ schedules });
  expect(runs.map(({ arn, event }) => [arn, event])).toEqual([
    ["sweep", {}],
    ["other", {}],
  ]);
  for (const { ends } of runs) ends.resolve(undefined);
  await settled();
  expect(pauses.map(({ ms }) => ms)).toEqual([60_000, 7_200_000]);
  pauses[0]?.over();
  await settled();
  expect(runs.map(({ arn }) => arn)).toEqual(["sweep", "other", "sweep"]);
});

test.each([
  [1, 60_000],
  [20, 3_000],
  [720, 60_000 / 720],
  [100_000, 25],
])("where time is divided by %d, a minute is %d ms", async (timeScale, ms) => {
  const { runs, pauses } = scheduled({ timeScale });
  runs[0]?.ends.resolve(undefined);
  await settled();
  expect(pauses.map((pause) => pause.ms)).toEqual([ms]);
});

test("no run begins before the one before it has ended, however long that takes", async () => {
  const { runs, pauses } = scheduled();
  await settled();
  expect([runs.length, pauses.length]).toEqual([1, 0]);
  runs[0]?.ends.resolve(undefined);
  await settled();
  expect([runs.length, pauses.length]).toEqual([1, 1]);
});

test("a run that failed is followed by the next, after the same pause", async () => {
  const { runs, pauses } = scheduled();
  runs[0]?.ends.reject(new Error("as the test wants it"));
  await settled();
  expect(pauses.map(({ ms }) => ms)).toEqual([60_000]);
  pauses[0]?.over();
  await settled();
  expect(runs).toHaveLength(2);
});

test("closing between two runs ends the pause, and nothing runs any more", async () => {
  const { runs, pauses, close } = scheduled();
  runs[0]?.ends.resolve(undefined);
  await settled();
  await close();
  expect(pauses[0]?.isAborted()).toBe(true);
  await settled();
  expect(runs).toHaveLength(1);
});

test("closing waits for a run under way, and none follows it", async () => {
  const { runs, close } = scheduled();
  let isClosed = false;
  const closing = close().then(() => {
    isClosed = true;
  });
  await settled();
  expect(isClosed).toBe(false);
  runs[0]?.ends.resolve(undefined);
  await closing;
  await settled();
  expect(runs).toHaveLength(1);
});

test("closing waits for a run that hangs half a second at the most: Ctrl-C has two", async () => {
  const { runs, pauses, close } = scheduled();
  const closing = close();
  await settled();
  expect(pauses.map(({ ms }) => ms)).toEqual([500]);
  pauses[0]?.over();
  await closing;
  expect(runs).toHaveLength(1);
});

test("without a schedule there is nothing to wait for", async () => {
  const { close } = scheduled({ schedules: [] });
  await close();
});
