import { describe, expect, test } from "vitest";
import * as z from "zod";
import { measuredUpstream } from "../../functions/aggregators/measured-upstream.ts";
import { JobChanged, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { count, durationMs, type Measurement } from "../../functions/jobs/domain/metrics.ts";
import type { Upstream, UpstreamWatch } from "../../functions/jobs/domain/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { measuredJobStore } from "../../functions/jobs/store/job-store.ts";
import { type EmfOptions, emfLine, emfMetrics } from "../../functions/platform/metrics.ts";
import { START } from "../support/fake-clock.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { followingJob, gavin, JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";

const lineShape = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/** The metrics that CloudWatch reads from a line, such as `JobsFinished succeeded 1`. */
function read(line: object): string[] {
  const { _aws, ...members } = lineShape.parse(line);
  return _aws.CloudWatchMetrics.flatMap(({ Dimensions: [dimensions = []], Metrics }) =>
    Metrics.map(({ Name }) => [Name, ...dimensions.map((by) => members[by]), members[Name]].join(" ")),
  );
}

/** The real writer, and the lines that it wrote. */
function recordedMetrics(options: Partial<EmfOptions> = {}) {
  const lines: object[] = [];
  const calls: string[] = [];
  const metrics: UpstreamWatch = {
    ...emfMetrics({
      namespace: () => "Bank",
      monitoring: () => "full",
      write: (...measured) => lines.push(...[emfLine(...measured)].flatMap((line) => line ?? [])),
      ...options,
    }),
    called: (call, _, error) => calls.push(error === undefined ? call : `${call} failed`),
  };
  return { metrics, calls, lines, measured: () => lines.flatMap(read) };
}

describe("a line of metrics", () => {
  function lineOf(...measurements: Measurement[]): object | undefined {
    const { metrics, lines } = recordedMetrics();
    metrics.measure(() => measurements, new Date(START));
    expect(lines.length).toBeLessThanOrEqual(1);
    return lines[0];
  }

  test("has only what the alarms read with basic monitoring, and is missing without any of it", () => {
    const { metrics, measured } = recordedMetrics({ monitoring: () => "basic" });
    metrics.measure(() => [count("JobsStarted")]);
    metrics.measure(() => [count("JobsStarted"), { ...count("JobsRunning"), value: 2 }]);
    expect(measured()).toEqual(["JobsRunning 2"]);
  });

  test("has the embedded metric format of CloudWatch, each metric with its own dimension", () => {
    const line = lineOf(
      count("AttemptsHeld"),
      durationMs("StepDuration", START, "2026-01-05T09:00:01.500Z", "Step", "other"),
    );
    const directive = (Dimensions: string[], Name: string, Unit: string) => ({
      Namespace: "Bank",
      Dimensions: [Dimensions],
      Metrics: [{ Name, Unit }],
    });
    expect(line).toEqual({
      _aws: {
        Timestamp: Date.parse(START),
        CloudWatchMetrics: [
          directive([], "AttemptsHeld", "Count"),
          directive(["Step"], "StepDuration", "Milliseconds"),
        ],
      },
      AttemptsHeld: 1,
      StepDuration: 1500,
      Step: "other",
    });
  });

  test("holds nothing else that a measurement carries", () => {
    const line = lineOf({ ...count("AttemptsHeld"), ...{ userId: "ea3a81", job: { id: "1" } } });
    expect(line).toEqual({ _aws: expect.anything(), AttemptsHeld: 1 });
    expect(JSON.stringify(line)).not.toMatch(/ea3a81|job/);
  });

  test("leaves out a value that is no number, and is not written if nothing is left", () => {
    const malformed = durationMs("StepDuration", "soon", START, "Step", "other");
    expect(lineOf(malformed, count("JobsStarted"))).toEqual({ _aws: expect.anything(), JobsStarted: 1 });
    expect(lineOf(malformed)).toBeUndefined();
    expect(lineOf()).toBeUndefined();
  });
});

describe("measuring", () => {
  test("takes the present time if no other is given", () => {
    const { metrics, lines } = recordedMetrics();
    const earliest = Date.now();
    metrics.measure(() => [count("JobsStarted")]);
    const { Timestamp } = lineShape.parse(lines[0])._aws;
    expect(Timestamp).toBeGreaterThanOrEqual(earliest);
    expect(Timestamp).toBeLessThanOrEqual(Date.now());
  });

  test("does not even derive the measurements without a namespace", () => {
    let derived = 0;
    const { metrics, lines } = recordedMetrics({ namespace: () => undefined });
    metrics.measure(() => {
      derived++;
      return [count("JobsStarted")];
    });
    expect({ derived, lines }).toEqual({ derived: 0, lines: [] });
  });

  test("never fails, even if deriving or writing fails", () => {
    const failing = () => {
      throw new Error("full");
    };
    expect(() => recordedMetrics().metrics.measure(failing)).not.toThrow();
    const { metrics } = recordedMetrics({ write: failing });
    expect(() => metrics.measure(() => [count("JobsStarted")])).not.toThrow();
  });
});

describe("the measured store of jobs", () => {
  const started = { event: "attemptStarted", changes: { attempt: 1 } } as const;
  function measuredStore() {
    const { metrics, measured } = recordedMetrics();
    const { jobs } = fakePorts();
    return { jobs, measuredJobs: measuredJobStore(jobs, metrics), measured };
  }

  test("measures a write that won, and returns the row", async () => {
    const { jobs, measuredJobs, measured } = measuredStore();
    await measuredJobs.add(jobOf());
    expect(measured()).toEqual([]);
    expect(await measuredJobs.record(jobOf(), started)).toEqual(jobs.row(JOB_ID));
    expect(measured()).toEqual(["JobsStarted 1"]);
  });

  test("measures no write that lost", async () => {
    const { jobs, measuredJobs, measured } = measuredStore();
    jobs.put(jobOf({ version: 2 }));
    await expect(measuredJobs.record(jobOf(), started)).rejects.toThrow(JobChanged);
    expect(measured()).toEqual([]);
  });

  test("writes a job whose times cannot be measured", async () => {
    const { jobs, measuredJobs, measured } = measuredStore();
    jobs.put(followingJob({ stepSince: "never", createdAt: "unknown" }));
    await measuredJobs.record(jobs.row(JOB_ID), { event: "succeeded", changes: {} });
    expect(jobs.row(JOB_ID).phase).toBe("succeeded");
    expect(measured()).toEqual(["JobsFinished succeeded 1"]);
  });
});

describe("the measured aggregator", () => {
  function failingWith(error: Error) {
    const recorded = recordedMetrics();
    const fail = () => Promise.reject(error);
    const failing: Upstream = {
      institution: fail,
      connection: fail,
      connectionsOf: fail,
      openConnection: fail,
      updateConnection: fail,
      refreshConnection: fail,
      job: fail,
      jobsOf: fail,
      answer: fail,
    };
    const upstream = measuredUpstream(failing, recorded.metrics);
    const all = [
      () => upstream.institution("AU00000"),
      () => upstream.connection(USER_ID, "8fce3b"),
      () => upstream.connectionsOf(USER_ID),
      () => upstream.openConnection(USER_ID, "AU00002", gavin),
      () => upstream.updateConnection(USER_ID, "8fce3b", gavin),
      () => upstream.refreshConnection(USER_ID, "8fce3b"),
      () => upstream.job("61723"),
      () => upstream.jobsOf(USER_ID),
      () => upstream.answer(USER_ID, "61723", [new Secret("1234")]),
    ];
    return { all, ...recorded };
  }

  test("rethrows an error unchanged, and counts it by its call, with the institution of a login", async () => {
    const error = new UpstreamUnavailable({ mayStillArrive: true });
    const { all, measured, calls } = failingWith(error);
    for (const call of all) expect(await call().catch((reason: unknown) => reason)).toBe(error);
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
    expect(calls).toHaveLength(all.length);
  });

  test("returns the reply, and counts nothing then", async () => {
    const { metrics, lines, calls } = recordedMetrics();
    const upstream = measuredUpstream(fakePorts().upstream, metrics);
    const { upstreamJobId } = await upstream.openConnection(USER_ID, "AU00000", gavin);
    expect(await upstream.job(upstreamJobId)).toMatchObject({ id: upstreamJobId });
    expect({ lines, calls }).toEqual({ lines: [], calls: ["login", "look"] });
  });
});
