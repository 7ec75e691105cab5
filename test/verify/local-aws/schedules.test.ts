import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { runSchedules, type ScheduleOptions } from "../../../infra/local/run-schedules.ts";
import { deploy } from "../../../infra/local/template/deployed.ts";
import { parseTemplate } from "../../../infra/local/template/template.ts";

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

/** Lets everything run that does not wait for the test. */
const settled = () => setImmediate();

test("Each function of a schedule is called at once, and then at its own interval", async () => {
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
])("With TIME_SCALE %d, a minute between two runs takes %d ms", async (timeScale, ms) => {
  const { runs, pauses } = scheduled({ timeScale });
  runs[0]?.ends.resolve(undefined);
  await settled();
  expect(pauses.map((pause) => pause.ms)).toEqual([ms]);
});

test("A run begins only after the previous one has ended", async () => {
  const { runs, pauses } = scheduled();
  await settled();
  expect([runs.length, pauses.length]).toEqual([1, 0]);
  runs[0]?.ends.resolve(undefined);
  await settled();
  expect([runs.length, pauses.length]).toEqual([1, 1]);
});

test("A run that fails is followed by the next one, after the same pause", async () => {
  const { runs, pauses } = scheduled();
  runs[0]?.ends.reject(new Error("as the test wants it"));
  await settled();
  expect(pauses.map(({ ms }) => ms)).toEqual([60_000]);
  pauses[0]?.over();
  await settled();
  expect(runs).toHaveLength(2);
});

test("Closing between two runs ends the pause, and no run follows", async () => {
  const { runs, pauses, close } = scheduled();
  runs[0]?.ends.resolve(undefined);
  await settled();
  await close();
  expect(pauses[0]?.isAborted()).toBe(true);
  await settled();
  expect(runs).toHaveLength(1);
});

test("Closing waits for the current run, and no run follows", async () => {
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

test("Closing waits half a second for a run that hangs: Ctrl-C ends the program within two", async () => {
  const { runs, pauses, close } = scheduled();
  const closing = close();
  await settled();
  expect(pauses.map(({ ms }) => ms)).toEqual([500]);
  pauses[0]?.over();
  await closing;
  expect(runs).toHaveLength(1);
});

test("Closing without a schedule waits for nothing", async () => {
  const { close } = scheduled({ schedules: [] });
  await close();
});

describe("A rule of the template", () => {
  function deployed(ScheduleExpression: string) {
    const Metadata = { "connection-jobs:entry": "functions/jobs/workflow/sweep.lambda.ts" };
    const Sweep = { Type: "AWS::Lambda::Function", Metadata };
    const Targets = [{ Arn: { "Fn::GetAtt": ["Sweep", "Arn"] }, Id: "Target0", RetryPolicy: {} }];
    const Rule = { Type: "AWS::Events::Rule", Properties: { ScheduleExpression, State: "ENABLED", Targets } };
    return deploy(parseTemplate({ Resources: { Sweep, Rule } }), { apiUrl: "http://127.0.0.1:3000" });
  }

  test.each([
    ["rate(1 minute)", 60],
    ["rate(5 minutes)", 300],
    ["rate(1 hour)", 3_600],
    ["rate(2 days)", 172_800],
  ])("with %s calls its function every %d seconds", (expression, everySeconds) => {
    const { schedules, functions } = deployed(expression);
    expect(schedules).toEqual([{ everySeconds, functionArn: functions[0]?.arn }]);
  });

  test.each(["cron(0 12 * * ? *)", "rate(0 minutes)", "rate(1 fortnight)", "every minute"])(
    "with %s is refused at the start",
    (expression) => {
      expect(() => deployed(expression)).toThrow(`Local mode cannot run ${expression}.`);
    },
  );
});
