import { describe, expect, test } from "vitest";
import {
  INTERNAL_ERROR,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
} from "../../../functions/jobs/domain/failures.ts";
import { giveUp } from "../../../functions/jobs/use-cases/end-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { awaitingJob, followingJob, JOB_ID, jobOf } from "../../support/job-examples.ts";
import { withSecrets } from "../../support/use-case-worlds.ts";

describe("giving up", () => {
  test.each([
    ["InstitutionUnavailable", TEMPORARY_UNAVAILABLE],
    ["UpstreamUnavailable", SERVICE_UNAVAILABLE],
    ["TaskFailed", INTERNAL_ERROR],
    ["a text from anywhere", INTERNAL_ERROR],
  ])("on %s fails the current step with words for it", async (failure, expected) => {
    const { ports, row } = await withSecrets(jobOf({ phase: "queued", attempt: 85 }));
    await giveUp(ports, { jobId: JOB_ID, failure });
    expect(row().phase).toBe("failed");
    expect(row().steps.map(({ status }) => status)).toEqual(["failed", "pending", "pending"]);
    expect(row().steps[0]?.result).toEqual(expected);
    // It was never verified, so that only the end takes it away.
    expect(ports.vault.names().filter((name) => name.endsWith("/login"))).toEqual([]);
  });

  test.each([
    "accepted",
    "opening",
    "following",
    "challenged",
    "awaiting-answer",
    "answered",
    "sending-answer",
    "queued",
  ] as const)("ends a job that is %s, and its secrets are gone", async (phase) => {
    const { ports, row } = await withSecrets(awaitingJob({ phase }));
    await giveUp(ports, { jobId: JOB_ID, failure: "TaskFailed" });
    expect(row().phase).toBe("failed");
    expect(ports.vault.names()).toEqual([]);
  });

  test.each(["succeeded", "failed"] as const)(
    "on a job that %s changes nothing, and cleans up",
    async (phase) => {
      const job = awaitingJob({ phase });
      const { ports, row } = await withSecrets(job);
      await giveUp(ports, { jobId: JOB_ID, failure: "TaskFailed" });
      expect(row()).toEqual(job);
      expect(ports.vault.names()).toEqual([]);
    },
  );

  test("a second time is the same", async () => {
    const { ports, row } = await withSecrets(followingJob());
    await giveUp(ports, { jobId: JOB_ID, failure: "UpstreamUnavailable" });
    const after = row();
    await giveUp(ports, { jobId: JOB_ID, failure: "TaskFailed" });
    expect(row()).toEqual(after);
  });

  test("on a job that does not exist does nothing", async () => {
    const ports = fakePorts();
    await giveUp(ports, { jobId: JOB_ID, failure: "JobMissing" });
    expect(ports.jobs.rows.size).toBe(0);
  });
});
