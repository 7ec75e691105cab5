import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { TEMPORARY_UNAVAILABLE } from "../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { jobOf, lookOf, PLAIN, UPSTREAM_JOB_ID, USER_ID } from "../../support/job-examples.ts";
import { type Look, queuedUpstream, setStatus } from "../../support/scripted-aggregator.ts";
import { jobToOpen } from "../../support/use-case-worlds.ts";

const queue = {
  nextAttemptAt: "2026-01-05T09:00:00.000Z",
  expiresAt: "2026-01-12T09:00:00.000Z",
  isUpstreams: true,
} as const;

/** A job in upstream's own queue whose next look is due. */
async function due(look: Look | Error, changes: Partial<Job> = {}) {
  const opening = await jobToOpen(
    jobOf({ phase: "queued", attempt: 1, upstreamJobId: UPSTREAM_JOB_ID, queue, ...changes }),
  );
  setStatus(opening.ports, "major-outage");
  opening.ports.upstream.script.looks.push(look);
  opening.ports.upstream.addJob(USER_ID, "AU00000", UPSTREAM_JOB_ID);
  return opening;
}

describe("a job in upstream's own queue", () => {
  test("is only looked at, whatever the bank's record says, and waits on", async () => {
    const { ports, open, row } = await due(queuedUpstream());
    await open();
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["job"]);
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 2,
      upstreamJobId: UPSTREAM_JOB_ID,
      queue: { ...queue, nextAttemptAt: "2026-01-05T11:00:00.000Z" },
    });
  });

  test("waits on when upstream gives no usable reply", async () => {
    const { open } = await due(new UpstreamUnavailable());
    expect(await open()).toMatchObject({ phase: "queued", attempt: 2, upstreamJobId: UPSTREAM_JOB_ID });
  });

  test.each([
    ["has begun", lookOf({ ...PLAIN, "verify-credentials": "in-progress" })],
    ["has given up", lookOf({ ...PLAIN, "verify-credentials": "failed" })],
    ["does not know it any more", new UpstreamRefused(404, TEMPORARY_UNAVAILABLE)],
  ])("is followed again when upstream %s, and no login is sent", async (_, look) => {
    const { ports, open, row } = await due(look);
    await open();
    expect(row()).toMatchObject({
      phase: "following",
      attempt: 2,
      upstreamJobId: UPSTREAM_JOB_ID,
      followUntil: "2026-01-05T09:15:00.000Z",
    });
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["job"]);
  });

  test("is looked at when somebody asks for it, which does not count", async () => {
    const { ports, open } = await due(queuedUpstream(), { phase: "accepted" });
    expect(await open()).toMatchObject({ phase: "queued", attempt: 1, queue: { isUpstreams: true } });
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["job"]);
  });

  test("ends with our queue, if upstream's does not", async () => {
    const { ports, open, row } = await due(queuedUpstream(), { attempt: 84 });
    await open();
    expect(row()).toMatchObject({ phase: "failed" });
    expect(row().steps[0]?.result).toEqual(TEMPORARY_UNAVAILABLE);
    expect(ports.vault.names()).toEqual([]);
  });

  test("whose upstream job we do not know is opened as any other", async () => {
    const { ports, open } = await due(queuedUpstream(), { upstreamJobId: undefined });
    setStatus(ports, "operational");
    expect(await open()).toMatchObject({ phase: "following", attempt: 2, upstreamJobId: "upstream-2" });
  });
});
