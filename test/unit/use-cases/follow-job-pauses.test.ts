import { describe, expect, test } from "vitest";
import { followJob } from "../../../functions/jobs/use-cases/follow-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  JOB_ID,
  lookOf,
  question,
  stepsOf,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "../../support/job-examples.ts";
import type { Look } from "../../support/scripted-aggregator.ts";

function following(job: ReturnType<typeof followingJob>, looks: readonly (Look | Error)[]) {
  const ports = fakePorts();
  ports.jobs.put(job);
  ports.upstream.script.looks.push(...looks);
  ports.upstream.addJob(USER_ID, "AU00000", UPSTREAM_JOB_ID);
  return { ports, follow: () => followJob(ports, { jobId: JOB_ID }), row: () => ports.jobs.row(JOB_ID) };
}

describe("a challenge", () => {
  const mfaJob = followingJob({ authorization: "user-mfa", steps: stepsOf(WITH_MFA) });
  const asking = lookOf(
    { ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" },
    { challenge: { ...question, input: ["OTP Password"] }, updated: "u1" },
  );

  test("stops the slice, and the workflow is to wait a little longer than the user may", async () => {
    const { follow, row } = following(mfaJob, [asking]);
    expect(await follow()).toEqual({ next: "ask", timeoutSeconds: 122 });
    expect(row()).toMatchObject({ phase: "challenged", followLeftMs: 15 * 60_000 });
    expect(row().challenge).toEqual(challengeOf({ upstreamUpdated: "u1" }));
  });

  test("stops the clock of the following", async () => {
    const { ports, follow, row } = following(mfaJob, [asking]);
    ports.clock.pass(60_000);
    await follow();
    expect(row().followLeftMs).toBe(14 * 60_000);
  });

  test("that literally expires in 3.6 s may be answered for a minute", async () => {
    const brief = { ...asking, challenge: { ...question, input: ["Code"], expiryMs: 3600 } };
    expect(await following(mfaJob, [brief]).follow()).toEqual({ next: "ask", timeoutSeconds: 62 });
  });

  test.each(["awaiting-answer", "answered", "sending-answer"] as const)(
    "that is %s is asked for what is left of its time",
    async (phase) => {
      const { ports, follow } = following(awaitingJob({ phase }), [asking]);
      ports.clock.pass(60_500);
      expect(await follow()).toEqual({ next: "ask", timeoutSeconds: 62 });
      ports.clock.pass(600_000);
      expect(await follow()).toEqual({ next: "ask", timeoutSeconds: 2 });
      expect(ports.upstream.ledger).toEqual([]);
    },
  );
});
