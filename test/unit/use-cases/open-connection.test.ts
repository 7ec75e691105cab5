import { describe, expect, test } from "vitest";
import { JobMissing, UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import { INTERNAL_ERROR } from "../../../functions/jobs/domain/failures.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { openConnection } from "../../../functions/jobs/use-cases/open-connection.ts";
import { START } from "../../support/fake-clock.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { JOB_ID, jobOf, USER_ID } from "../../support/job-examples.ts";
import { jobToOpen } from "../../support/use-case-worlds.ts";

const credentials = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };

describe("the first attempt", () => {
  test("sends the login once and remembers the upstream job", async () => {
    const { ports, open, row } = await jobToOpen();
    expect(await open()).toEqual(row());
    expect(row()).toMatchObject({
      phase: "following",
      attempt: 1,
      attemptAt: START,
      upstreamJobId: "upstream-1",
      followUntil: "2026-01-05T09:15:00.000Z",
    });
    expect(ports.upstream.ledger).toEqual([
      {
        call: "openConnection",
        subject: `${USER_ID} AU00000`,
        sent: ["gavinBelson", "hooli2016"],
        isDone: true,
      },
    ]);
  });

  test("is marked before the login is sent", async () => {
    const { ports, open } = await jobToOpen();
    const { openConnection: post } = ports.upstream;
    let phaseAtPost: string | undefined;
    ports.upstream.openConnection = (...args) => {
      phaseAtPost = ports.jobs.row(JOB_ID).phase;
      return post(...args);
    };
    await open();
    expect(phaseAtPost).toBe("opening");
  });

  test("keeps the login until it is verified", async () => {
    const { ports, open } = await jobToOpen();
    await open();
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("that upstream refuses ends the job in upstream's words, and its login is gone", async () => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push(new UpstreamRefused(400, credentials));
    await open();
    expect(row().phase).toBe("failed");
    expect(row().steps[0]).toEqual({ title: "verify-credentials", status: "failed", result: credentials });
    expect(ports.vault.names()).toEqual([]);
  });

  test("without a login fails for a reason of ours, and sends nothing", async () => {
    const { ports, open, row } = await jobToOpen();
    await ports.vault.destroy(loginOf(jobOf()));
    await open();
    expect(row().steps[0]).toMatchObject({ status: "failed", result: INTERNAL_ERROR });
    expect(ports.upstream.ledger).toEqual([]);
  });
});

describe("a job that needs no opening", () => {
  test.each(["following", "challenged", "awaiting-answer", "answered", "succeeded", "failed"] as const)(
    "is left alone in %s",
    async (phase) => {
      const job = jobOf({ phase, attempt: 1, upstreamJobId: "upstream-1" });
      const { ports, open, row } = await jobToOpen(job);
      expect(await open()).toEqual(job);
      expect(row()).toEqual(job);
      expect(ports.upstream.ledger).toEqual([]);
    },
  );

  test("that does not exist is an error", async () => {
    await expect(openConnection(fakePorts(), { jobId: JOB_ID })).rejects.toThrow(JobMissing);
  });
});
