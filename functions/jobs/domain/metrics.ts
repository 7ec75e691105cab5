import type { Outcome } from "./failures.ts";
import { STEP_TITLES } from "./steps.ts";

/** The names of calls to the aggregator. A path would contain ids. */
export const UPSTREAM_CALLS = [
  "record",
  "connection",
  "login",
  "refresh",
  "look",
  "list",
  "answer",
  "pass",
  "event",
  "link",
] as const;
export type UpstreamCall = (typeof UPSTREAM_CALLS)[number];

/** A step that the aggregator adds to the published steps counts as `other`. */
export const MEASURED_STEPS = [...STEP_TITLES, "other"] as const;

interface DimensionValues {
  Outcome: Outcome;
  Step: (typeof MEASURED_STEPS)[number];
  Call: UpstreamCall;
  /** The id of a bank, from the aggregator's own record. */
  Institution: string;
}

export interface MetricKind {
  unit: "Count" | "Milliseconds";
  /** The dimension of the metric. */
  by?: keyof DimensionValues;
  /**
   * A state that a sweep found, and that the next sweep a minute later may find again. Read
   * single values; never sum them.
   */
  isState?: true;
  /** An alarm of `monitoring: basic` reads the metric: such a deployment has no others. */
  isBasic?: true;
}

/**
 * All our metrics. Functions write no others, alarms and dashboards read no others, and
 * `docs/reference/metrics.md` explains them.
 */
export const METRICS = {
  JobsStarted: { unit: "Count" },
  JobsFinished: { unit: "Count", by: "Outcome" },
  JobDuration: { unit: "Milliseconds", by: "Outcome" },
  StepDuration: { unit: "Milliseconds", by: "Step" },
  ChallengesOpened: { unit: "Count" },
  ChallengesAnswered: { unit: "Count" },
  ChallengesExpired: { unit: "Count" },
  AttemptsHeld: { unit: "Count" },
  UpstreamErrors: { unit: "Count", by: "Institution" },
  UpstreamRefusals: { unit: "Count", by: "Call" },
  UpstreamFailures: { unit: "Count", by: "Call" },
  UpstreamKeyRefusals: { unit: "Count" },
  ExpectedTaskErrors: { unit: "Count" },
  RecordsSetAside: { unit: "Count" },
  MessagesDelivered: { unit: "Count" },
  MessagesFailed: { unit: "Count" },
  AttemptsFailed: { unit: "Count" },
  DeliveryDelay: { unit: "Milliseconds" },
  EndpointsFailing: { unit: "Count", isState: true },
  OldestWaitingMessage: { unit: "Milliseconds", isState: true },
  JobsMended: { unit: "Count" },
  JobsNotSwept: { unit: "Count", isState: true, isBasic: true },
  JobsQueued: { unit: "Count", isState: true },
  JobsRunning: { unit: "Count", isState: true, isBasic: true },
  OldestQueuedJob: { unit: "Milliseconds", isState: true },
  OldestRunningJob: { unit: "Milliseconds", isState: true, isBasic: true },
} as const satisfies Record<string, MetricKind>;

export type MetricName = keyof typeof METRICS;

/** Returns whether a deployment with `monitoring: basic` has the metric too. */
export function isBasic(name: MetricName): boolean {
  const kind: MetricKind = METRICS[name];
  return kind.isBasic ?? false;
}

type List = typeof METRICS;
type NamesIn<Unit> = { [Name in MetricName]: List[Name]["unit"] extends Unit ? Name : never }[MetricName];
/** The dimension of a metric and its value; empty for a metric without a dimension. */
type DimensionOf<Name extends MetricName> = List[Name] extends { by: infer By extends keyof DimensionValues }
  ? [by: By, is: DimensionValues[By]]
  : [];

export interface Measurement {
  name: MetricName;
  unit: MetricKind["unit"];
  value: number;
  by?: keyof DimensionValues | undefined;
  is?: string | undefined;
}

/** Adds 1 to a metric that counts. */
export function count<Name extends NamesIn<"Count">>(
  name: Name,
  ...[by, is]: DimensionOf<Name>
): Measurement {
  return { name, unit: "Count", value: 1, by, is };
}

/** Measures the milliseconds between two times, both in ISO 8601. */
export function durationMs<Name extends NamesIn<"Milliseconds">>(
  name: Name,
  from: string,
  to: string,
  ...[by, is]: DimensionOf<Name>
): Measurement {
  return { name, unit: "Milliseconds", value: Date.parse(to) - Date.parse(from), by, is };
}
