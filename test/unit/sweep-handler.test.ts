import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as z from "zod";
import type { Swept } from "../../functions/jobs/domain/measurements.ts";
import { sweepHandler } from "../../functions/jobs/workflow/handlers.ts";
import { extract } from "../support/captured-output.ts";
import { JOB_ID } from "../support/job-examples.ts";

const SWEPT: Swept = { mended: { restarted: 1 }, failed: 1, census: { queued: 2, running: 3 } };
const line = z.looseObject({ message: z.string().optional(), _aws: z.unknown().optional() });
let written: z.infer<typeof line>[];

beforeEach(() => {
  vi.stubEnv("METRICS_NAMESPACE", "Bank");
  vi.stubEnv("LOG_LEVEL", "info");
  written = [];
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    written.push(line.parse(JSON.parse(String(chunk))));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const saying = (message: string) => written.filter((found) => found.message === message);

test("a sweep that came to its end says what it found, and that it took its time", async () => {
  await sweepHandler(async () => SWEPT)();
  const [metrics = {}, ...more] = written.filter(({ _aws }) => _aws !== undefined);
  expect(extract(metrics).map(({ name, value }) => `${name} ${value}`)).toEqual([
    "JobsMended 1",
    "JobsNotSwept 1",
    "JobsQueued 2",
    "JobsRunning 3",
    "OldestQueuedJob 0",
    "OldestRunningJob 0",
  ]);
  expect(more).toEqual([]);
  expect(saying("sweep")).toMatchObject([{ level: "info", durationMs: expect.any(Number) }]);
});

test("each job that was not well has a line of its own, with the name of an error and nothing else of it", async () => {
  const trouble = Object.assign(new Error("bank said hooli2016"), { name: "ThrottlingException" });
  await sweepHandler(async (watch) => {
    await watch(JOB_ID, async () => "restarted");
    await watch(JOB_ID, async () => "nothing");
    await expect(watch(JOB_ID, () => Promise.reject(trouble))).rejects.toBe(trouble);
    return SWEPT;
  })();
  expect(saying("job mended")).toMatchObject([{ level: "warn", jobId: JOB_ID, reason: "restarted" }]);
  expect(saying("job not swept")).toMatchObject([
    { level: "error", jobId: JOB_ID, errorName: "ThrottlingException" },
  ]);
  expect(JSON.stringify(written)).not.toContain("hooli2016");
});

test("a sweep that failed says so and fails, without a message or a stack that came from elsewhere", async () => {
  const secret = new Error("bank said hooli2016");
  const failure: unknown = await sweepHandler(() => Promise.reject(secret))().catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({
    name: "Error",
    message: "The sweep failed.",
    stack: "Error: The sweep failed.",
  });
  expect(saying("sweep failed")).toMatchObject([{ level: "error", errorName: "Error" }]);
  expect(written).toHaveLength(1);
  expect(JSON.stringify(written)).not.toContain("hooli2016");
});
