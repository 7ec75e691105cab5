import type { Measurement } from "../jobs/domain/metrics.ts";
import type { Metrics } from "../jobs/domain/ports.ts";

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
