import { INSTITUTION_ID } from "../jobs/domain/ids.ts";
import type { Measurement } from "../jobs/domain/metrics.ts";
import type { Metrics } from "../jobs/domain/ports.ts";

/** A line in CloudWatch's embedded metric format; none for nothing. What has not its form is left out. */
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

/** Every dimension's value is a name of ours, or like the id of an institution. */
function hasItsForm({ name, value, by, is = name }: Measurement): boolean {
  const isNamed = by === undefined || INSTITUTION_ID.test(is);
  return Number.isFinite(value) && /^[A-Za-z]+$/.test(name) && isNamed;
}

export interface EmfOptions {
  /** CloudWatch's name for where the metrics go. Without one nothing is written. */
  namespace(): string | undefined;
  write(namespace: string, measured: readonly Measurement[], at: Date): void;
}

/** Metrics as lines of the log. */
export function emfMetrics({ namespace, write }: EmfOptions): Metrics {
  return {
    measure(derive, at = new Date()) {
      const name = namespace();
      if (name === undefined) return;
      try {
        write(name, [...derive()], at);
      } catch {
        // Whatever it is, the work that was measured is done.
      }
    },
  };
}
