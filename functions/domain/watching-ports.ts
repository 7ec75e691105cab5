import type { Measurement, UpstreamCall } from "./metrics.ts";

/*
 * The ports through which it is told what goes on. Not for use cases: what they are given tells of itself.
 */

export interface Metrics {
  /** Never throws and never waits: what cannot be measured is lost. `at` is when it happened, if not just now. */
  measure(derive: () => Iterable<Measurement>, at?: Date): void;
}

/** Is told of every call of upstream. */
export interface UpstreamWatch extends Metrics {
  /** Never throws. `error` is what the call ended in, if it did. */
  called(call: UpstreamCall, durationMs: number, error?: unknown): void;
}
