import { INSTITUTION_ID } from "../jobs/domain/ids.ts";
import { isBasic, type Measurement } from "../jobs/domain/metrics.ts";
import type { Metrics } from "../jobs/domain/ports.ts";
import type { Monitoring } from "./environment.ts";

/**
 * Returns a line in CloudWatch's embedded metric format, or `undefined` without measurements.
 * Omits malformed measurements.
 */
export function emfLine(
  Namespace: string,
  measurements: readonly Measurement[],
  at: Date,
): object | undefined {
  const measured = measurements.filter(hasItsForm);
  if (measured.length === 0) return undefined;
  const CloudWatchMetrics = measured.map(({ name, unit, by }) => ({
    Namespace,
    Dimensions: [by === undefined ? [] : [by]],
    Metrics: [{ Name: name, Unit: unit }],
  }));
  const members = measured.flatMap(({ name, value, by, is }) => [
    [name, value],
    ...(by === undefined ? [] : [[by, is]]),
  ]);
  return { _aws: { Timestamp: at.getTime(), CloudWatchMetrics }, ...Object.fromEntries(members) };
}

/**
 * Returns whether a measurement is well-formed: the value of its dimension is one of our names, or has the
 * form of an institution id.
 */
function hasItsForm({ name, value, by, is = name }: Measurement): boolean {
  const isNamed = by === undefined || INSTITUTION_ID.test(is);
  return Number.isFinite(value) && /^[A-Za-z]+$/.test(name) && isNamed;
}

export interface EmfOptions {
  /** The CloudWatch namespace of the metrics. Without a namespace, nothing is written. */
  namespace(): string | undefined;
  /** With `basic`, only the metrics that its alarms read: CloudWatch charges for each metric that has values. */
  monitoring(): Monitoring;
  write(namespace: string, measured: readonly Measurement[], at: Date): void;
}

/** Writes metrics as lines of the log. */
export function emfMetrics({ namespace, monitoring, write }: EmfOptions): Metrics {
  return {
    measure(derive, at = new Date()) {
      const name = namespace();
      if (name === undefined) return;
      try {
        const all = [...derive()];
        write(name, monitoring() === "basic" ? all.filter((one) => isBasic(one.name)) : all, at);
      } catch {
        // Ignore every error: the measured work is done.
      }
    },
  };
}
