import { afterEach, beforeEach, vi } from "vitest";
import * as z from "zod";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { measureChange } from "../../functions/jobs/domain/measurements.ts";
import type { Measurement } from "../../functions/jobs/domain/metrics.ts";
import type { UpstreamWatch } from "../../functions/jobs/domain/ports.ts";
import { failCurrentStep, initialSteps, type StepError } from "../../functions/jobs/domain/steps.ts";
import { type JobChange, transition } from "../../functions/jobs/domain/transitions.ts";
import { emfLine, emfMetrics } from "../../functions/platform/metrics.ts";
import { START } from "./fake-clock.ts";
import { PLAIN, stepsOf, UPSTREAM_JOB_ID, WITH_MFA } from "./job-examples.ts";

const line = z.record(z.string(), z.unknown());
export type Line = z.infer<typeof line>;

/** What the tests of a file write to the log, at its most talkative level; nothing of it is seen on the screen. */
export function capturedLines() {
  const chunks: string[] = [];
  beforeEach(() => {
    chunks.length = 0;
    vi.stubEnv("LOG_LEVEL", "debug");
    vi.stubEnv("METRICS_NAMESPACE", "Bank");
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      chunks.push(String(chunk));
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  return {
    text: () => chunks.join(""),
    all: (): Line[] => chunks.map((chunk) => line.parse(JSON.parse(chunk))),
  };
}

/** What CloudWatch's specification of the embedded metric format asks of a line. */
const directive = z.strictObject({
  Namespace: z.string().min(1).max(255),
  Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
  Metrics: z.array(
    z.strictObject({
      Name: z.string().min(1).max(255),
      Unit: z.enum(["Count", "Milliseconds"]),
    }),
  ),
});
const document = z.looseObject({
  _aws: z.strictObject({ Timestamp: z.int().positive(), CloudWatchMetrics: z.array(directive).min(1) }),
});
/** Longer values of dimensions, and empty ones, are dropped along with the metric. */
const dimensionValue = z
  .string()
  .regex(/^[\x20-\x7e]+$/)
  .max(1024);

export interface Extracted {
  name: string;
  value: number;
  unit: string;
  dimensions: Record<string, string>;
}

/** The metrics that CloudWatch would make of a line. Throws when the line is not as specified. */
export function extract(line: object): Extracted[] {
  const members: Record<string, unknown> = document.parse(JSON.parse(JSON.stringify(line)));
  const { _aws: metadata } = document.parse(members);
  return metadata.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Dimensions.flatMap((set) =>
      Metrics.map(({ Name, Unit }) => ({
        name: Name,
        value: z.number().parse(members[Name]),
        unit: Unit,
        dimensions: Object.fromEntries(set.map((by) => [by, dimensionValue.parse(members[by])])),
      })),
    ),
  );
}

/** What a line holds beside what it says of itself. */
export function membersOf(line: object): string[] {
  return Object.keys(line).filter((name) => name !== "_aws");
}

const SECOND = 1000;
export const at = (seconds: number) => new Date(Date.parse(START) + seconds * SECOND);
export const said = ({ name, is, value }: Measurement) =>
  [name, is, value].filter((part) => part !== undefined).join(" ");

/** A job that goes from event to event, and what was measured on its way. */
export function walk(job: Job) {
  const measured: string[] = [];
  const walking = {
    measured,
    job: () => job,
    after: (seconds: number, change: JobChange | undefined) => {
      if (change === undefined) throw new Error("there is nothing to change");
      const before = job;
      job = transition(before, change, at(seconds));
      measured.push(...[...measureChange(before, change.event, job)].map(said));
      return walking;
    },
  };
  return walking;
}

export const started: JobChange = { event: "attemptStarted", changes: { attempt: 1 } };
export const opened: JobChange = { event: "connectionOpened", changes: { upstreamJobId: UPSTREAM_JOB_ID } };
export const held: JobChange = {
  event: "attemptHeld",
  changes: { upstreamJobId: undefined, steps: initialSteps("user") },
};
export const stepsAre = (event: JobChange["event"], statuses: Parameters<typeof stepsOf>[0]): JobChange => ({
  event,
  changes: { steps: stepsOf(statuses) },
});
export const failed = (job: Job, error: StepError): JobChange => ({
  event: "failed",
  changes: { steps: failCurrentStep(job.steps, error) },
});
export const verified = { ...PLAIN, "verify-credentials": "success" } as const;
export const verifiedMfa = { ...WITH_MFA, "verify-credentials": "success" } as const;

/** The real writer, and what it wrote. */
export function recordedMetrics() {
  const lines: object[] = [];
  /** Such as `login`, or `login UpstreamRefused`, in the order of their ends. */
  const calls: string[] = [];
  const metrics: UpstreamWatch = {
    ...emfMetrics({
      namespace: () => "Bank",
      write: (...measured) => lines.push(...[emfLine(...measured)].flatMap((line) => line ?? [])),
    }),
    called: (call, _, error) => calls.push(error instanceof Error ? `${call} ${error.name}` : call),
  };
  return {
    metrics,
    calls,
    lines,
    /** Such as `JobsFinished succeeded 1`, in the order of writing. */
    measured: () =>
      lines.flatMap(extract).map(({ name, dimensions, value }) => {
        return [name, ...Object.values(dimensions), value].join(" ");
      }),
  };
}
