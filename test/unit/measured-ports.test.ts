import { describe, expect, test } from "vitest";
import { measuredUpstream } from "../../functions/aggregators/measured-upstream.ts";
import { JobChanged, UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { SERVICE_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import type { Upstream } from "../../functions/jobs/domain/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { measuredJobStore } from "../../functions/jobs/store/job-store.ts";
import { recordedMetrics } from "../support/captured-output.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { followingJob, gavin, JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";

const started = { event: "attemptStarted", changes: { attempt: 1 } } as const;

describe("a measured store of jobs", () => {
  function store() {
    const recorded = recordedMetrics();
    const { jobs } = fakePorts();
    return { ...recorded, jobs, measuredJobs: measuredJobStore(jobs, recorded.metrics) };
  }

  test("measures a write that won, and gives what it wrote", async () => {
    const { jobs, measuredJobs, measured } = store();
    jobs.put(jobOf());
    const after = await measuredJobs.record(jobOf(), started);
    expect(after).toEqual(jobs.row(JOB_ID));
    expect(measured()).toEqual(["JobsStarted 1"]);
  });

  test("measures no write that lost", async () => {
    const { jobs, measuredJobs, lines } = store();
    jobs.put(jobOf({ version: 2 }));
    await expect(measuredJobs.record(jobOf(), started)).rejects.toThrow(JobChanged);
    expect(lines).toEqual([]);
  });

  test("is otherwise the store that it stands before", async () => {
    const { measuredJobs, lines } = store();
    await measuredJobs.add(jobOf());
    expect(await measuredJobs.find(JOB_ID)).toEqual(jobOf());
    expect(await measuredJobs.drop(jobOf())).toBe(true);
    expect(lines).toEqual([]);
  });

  test("writes all the same when nothing can be measured", async () => {
    const { jobs } = store();
    jobs.put(followingJob({ stepSince: "never", createdAt: "unknown" }));
    const { metrics, measured } = recordedMetrics();
    const before = jobs.row(JOB_ID);
    await measuredJobStore(jobs, metrics).record(before, { event: "succeeded", changes: {} });
    expect(jobs.row(JOB_ID).phase).toBe("succeeded");
    expect(measured()).toEqual(["JobsFinished succeeded 1"]);
  });
});

describe("a measured upstream", () => {
  const unavailable = new UpstreamUnavailable({ mayStillArrive: true });

  /** Every call of it, ending as it is told. */
  function calls(ending: () => Promise<never>) {
    const { metrics, measured } = recordedMetrics();
    const failing: Upstream = {
      institution: ending,
      connection: ending,
      connectionsOf: ending,
      openConnection: ending,
      updateConnection: ending,
      refreshConnection: ending,
      job: ending,
      jobsOf: ending,
      answer: ending,
    };
    const upstream = measuredUpstream(failing, metrics);
    const all = [
      () => upstream.institution("AU00000"),
      () => upstream.connection(USER_ID, "8fce3b"),
      () => upstream.connectionsOf(USER_ID),
      () => upstream.openConnection(USER_ID, "AU00002", gavin),
      () => upstream.updateConnection(USER_ID, "8fce3b", gavin),
      () => upstream.refreshConnection(USER_ID, "8fce3b"),
      () => upstream.job("61723"),
      () => upstream.jobsOf(USER_ID),
      () => upstream.answer("61723", [new Secret("1234")]),
    ];
    return { all, measured };
  }

  test.each([
    unavailable,
    new UpstreamUnavailable({ refusesOurKey: true }),
    new UpstreamRefused(503, SERVICE_UNAVAILABLE),
    new TypeError("a defect"),
  ])("passes an error on as it is: %o", async (error) => {
    const { all } = calls(() => Promise.reject(error));
    for (const call of all) expect(await call().catch((reason: unknown) => reason)).toBe(error);
  });

  test("counts each call by what was asked for, and blames the institution that a login was for", async () => {
    const { all, measured } = calls(() => Promise.reject(unavailable));
    for (const call of all) await call().catch(() => undefined);
    expect(measured()).toEqual([
      "UpstreamFailures record 1",
      "UpstreamFailures connection 1",
      "UpstreamFailures connection 1",
      "UpstreamFailures login 1",
      "UpstreamErrors AU00002 1",
      "UpstreamFailures login 1",
      "UpstreamFailures refresh 1",
      "UpstreamFailures look 1",
      "UpstreamFailures list 1",
      "UpstreamFailures answer 1",
    ]);
  });

  test("gives what upstream gives, and counts nothing then", async () => {
    const { upstream } = fakePorts();
    const { metrics, lines } = recordedMetrics();
    const measured = measuredUpstream(upstream, metrics);
    const { upstreamJobId } = await measured.openConnection(USER_ID, "AU00000", gavin);
    expect(await measured.job(upstreamJobId)).toMatchObject({ id: upstreamJobId });
    const connection = { id: "8fce3b", institutionId: "AU00000" };
    upstream.addConnection(connection);
    expect(await measured.connectionsOf(USER_ID)).toEqual([connection]);
    expect(lines).toEqual([]);
  });
});
