import type { Measurement } from "../domain/metrics.ts";
import type { Metrics } from "../domain/ports.ts";

export interface EmfOptions {
  /** CloudWatch's name for where the metrics go. Without one nothing is written. */
  namespace(): string | undefined;
  write(line: object): void;
}

/** Metrics as lines of the log, in CloudWatch's embedded metric format. */
export function emfMetrics({ namespace, write }: EmfOptions): Metrics {
  return {
    measure(derive, at = new Date()) {
      const Namespace = namespace();
      if (Namespace === undefined) return;
      try {
        const measured = [...derive()].filter(({ value }) => Number.isFinite(value));
        if (measured.length > 0) write(emfLine(Namespace, measured, at));
      } catch {
        // Whatever it is, the work that was measured is done.
      }
    },
  };
}

function emfLine(Namespace: string, measured: readonly Measurement[], at: Date): object {
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
