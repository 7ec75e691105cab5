import { describe, expect, test, vi } from "vitest";
import * as z from "zod/mini";
import {
  InstitutionUnavailable,
  JobChanged,
  SealBroken,
  UpstreamUnavailable,
} from "../../functions/jobs/domain/errors.ts";
import { jobInput, taskHandler } from "../../functions/jobs/workflow/handlers.ts";
import { capturedLines, extract } from "../support/captured-output.ts";
import { JOB_ID } from "../support/job-examples.ts";

const lineWithMetrics = z.looseObject({ _aws: z.looseObject({ Timestamp: z.number() }) });
const written = capturedLines();

/** Runs a Task that ends in an error, and gives the lines with metrics that it wrote. */
async function run(error: Error, meanwhile = () => {}) {
  const handler = taskHandler("follow-job", jobInput, jobInput, async () => {
    meanwhile();
    throw error;
  });
  await expect(handler({ jobId: JOB_ID })).rejects.toThrow();
  return written
    .all()
    .flatMap((line) => (lineWithMetrics.safeParse(line).success ? [lineWithMetrics.parse(line)] : []));
}

describe("an error of a Task", () => {
  test.each([new InstitutionUnavailable(), new UpstreamUnavailable(), new JobChanged()])(
    "is counted when the workflow expects it: %o",
    async (error) => {
      const [line = {}, ...more] = await run(error);
      expect(extract(line)).toEqual([
        { name: "ExpectedTaskErrors", value: 1, unit: "Count", dimensions: {} },
      ]);
      expect(more).toEqual([]);
      expect(line).toMatchObject({ jobId: JOB_ID, task: "follow-job" });
    },
  );

  test.each([new Error("x"), new TypeError("x"), Object.assign(new Error("x"), { name: "Lambda.Unknown" })])(
    "is not counted when it does not: %o",
    async (error) => {
      expect(await run(error)).toEqual([]);
    },
  );

  test("keeps its name and is no expected one when a seal was broken: people are to look", async () => {
    expect(await run(new SealBroken())).toEqual([]);
    expect(written.all()).toMatchObject([{ level: "error", errorName: "SealBroken" }]);
    const handler = taskHandler("follow-job", jobInput, jobInput, async () => {
      throw new SealBroken();
    });
    await expect(handler({ jobId: JOB_ID })).rejects.toMatchObject({ name: "SealBroken" });
  });

  test("is dated by the invocation, as Lambda dates its own count", async () => {
    vi.useFakeTimers({ now: new Date("2026-01-05T09:00:00.000Z"), toFake: ["Date"] });
    try {
      const [line] = await run(new UpstreamUnavailable(), () => vi.setSystemTime("2026-01-05T09:01:30.000Z"));
      expect(line?._aws.Timestamp).toBe(Date.parse("2026-01-05T09:00:00.000Z"));
    } finally {
      vi.useRealTimers();
    }
  });
});
