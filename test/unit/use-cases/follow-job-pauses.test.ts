import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../functions/domain/errors.ts";
import type { StepError } from "../../../functions/domain/steps.ts";
import { followJob } from "../../../functions/use-cases/follow-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  JOB_ID,
  lookOf,
  PLAIN,
  question,
  stepsOf,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "../../support/job-examples.ts";
import type { Look } from "../../support/scripted-upstream.ts";

const outage = { code: "service-unavailable", title: "Down", detail: "3rd party service unavailable" };

function following(job: ReturnType<typeof followingJob>, looks: readonly (Look | Error)[], status?: string) {
  const ports = fakePorts();
  ports.jobs.put(job);
  ports.upstream.script.looks.push(...looks);
  ports.upstream.addJob(USER_ID, "AU00000", UPSTREAM_JOB_ID);
  const bank = ports.upstream.institutions.get("AU00000");
  if (bank !== undefined && status !== undefined)
    ports.upstream.institutions.set(bank.id, { ...bank, status });
  return { ports, follow: () => followJob(ports, { jobId: JOB_ID }), row: () => ports.jobs.row(JOB_ID) };
}

function failedFirst(result: StepError): Look {
  const steps = stepsOf(PLAIN).map((step, index) =>
    index === 0 ? { ...step, status: "failed" as const, result } : step,
  );
  return lookOf(PLAIN, { steps });
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

describe("a first step that blames the bank", () => {
  test("holds the job while the bank's record says the same", async () => {
    const job = followingJob({ steps: stepsOf({ ...PLAIN, "verify-credentials": "in-progress" }) });
    const { follow, row } = following(job, [failedFirst(outage)], "major-outage");
    expect(await follow()).toEqual({ next: "hold" });
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 1,
      steps: stepsOf(PLAIN),
      knownUpstreamJobIds: [UPSTREAM_JOB_ID],
      queue: { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" },
    });
    expect(row().upstreamJobId).toBeUndefined();
    expect(row().followUntil).toBeUndefined();
  });

  test("fails the job while the bank's record says that it works", async () => {
    const { follow, row } = following(followingJob(), [failedFirst(outage)], "operational");
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[0]?.result).toEqual(outage);
  });

  test("is not looked into for a login that was refused", async () => {
    const refused = failedFirst({ ...outage, code: "invalid-credentials" });
    const { ports, follow, row } = following(followingJob(), [refused], "major-outage");
    expect(await follow()).toEqual({ next: "done" });
    expect(row().phase).toBe("failed");
    expect(ports.upstream.calls("institution")).toEqual([]);
  });

  test("after it had succeeded takes nothing back", async () => {
    const steps = stepsOf({ ...PLAIN, "verify-credentials": "success" });
    const { follow, row } = following(followingJob({ steps }), [failedFirst(outage)], "major-outage");
    expect(await follow()).toMatchObject({ next: "wait" });
    expect(row()).toMatchObject({ phase: "following", steps });
  });

  test("leaves the job as it is when the bank's record cannot be read", async () => {
    const { ports, follow, row } = following(followingJob(), [failedFirst(outage)], "major-outage");
    ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
    await expect(follow()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toEqual(followingJob());
    expect(await follow()).toEqual({ next: "hold" });
  });
});
