import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { INTERNAL_ERROR, JOB_TIMED_OUT, SERVICE_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { measureFailedCall } from "../../functions/jobs/domain/measurements.ts";
import { failed, opened, said, started, walk } from "../support/captured-output.ts";
import { jobOf } from "../support/job-examples.ts";

describe("a job that fails while upstream has its login", () => {
  const following = (changes: Partial<Job> = {}) => walk(jobOf(changes)).after(1, started).after(2, opened);

  test.each([
    [JOB_TIMED_OUT, true],
    [{ ...SERVICE_UNAVAILABLE, code: "maintenance" }, true],
    [INTERNAL_ERROR, false],
    [{ ...INTERNAL_ERROR, code: "invalid-credentials" }, false],
  ] as const)("blames upstream or the bank for %o: %s", (error, isBlamed) => {
    const walking = following();
    walking.after(4, failed(walking.job(), error));
    expect(walking.measured.includes("UpstreamErrors AU00000 1")).toBe(isBlamed);
  });

  test.each(["somebody@example.com", "Jean Dupont", "", "a".repeat(65), "AU0\n"])(
    "names no institution by %o",
    (institutionId) => {
      const walking = following({ institutionId });
      walking.after(4, failed(walking.job(), JOB_TIMED_OUT));
      expect(walking.measured.join()).not.toContain("UpstreamErrors");
    },
  );
});

describe("a call of upstream that failed", () => {
  const outage = new UpstreamRefused(503, SERVICE_UNAVAILABLE);
  const refusal = new UpstreamRefused(400, INTERNAL_ERROR);

  test.each([
    ["no usable reply", new UpstreamUnavailable(), ["UpstreamFailures login 1", "UpstreamErrors AU00000 1"]],
    ["an outage", outage, ["UpstreamRefusals login 1", "UpstreamErrors AU00000 1"]],
    ["a clear no", refusal, ["UpstreamRefusals login 1"]],
    ["our key", new UpstreamUnavailable({ refusesOurKey: true }), ["UpstreamKeyRefusals 1"]],
    ["a defect of ours", new TypeError("x"), []],
  ])("is counted by what became of it: %s", (_, error, expected) => {
    expect([...measureFailedCall("login", error, "AU00000")].map(said)).toEqual(expected);
  });

  test("is nobody's error when its institution is not known", () => {
    expect([...measureFailedCall("look", outage)].map(said)).toEqual(["UpstreamRefusals look 1"]);
    expect([...measureFailedCall("look", new UpstreamUnavailable())].map(said)).toEqual([
      "UpstreamFailures look 1",
    ]);
  });
});
