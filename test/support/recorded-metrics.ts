import { emfMetrics } from "../../functions/adapters/emf-metrics.ts";
import { extract } from "./emf-line.ts";

/** The real writer, and what it wrote. */
export function recordedMetrics() {
  const lines: object[] = [];
  const metrics = emfMetrics({ namespace: () => "Bank", write: (line) => lines.push(line) });
  return {
    metrics,
    lines,
    /** Such as `JobsFinished succeeded 1`, in the order of writing. */
    measured: () =>
      lines.flatMap(extract).map(({ name, dimensions, value }) => {
        return [name, ...Object.values(dimensions), value].join(" ");
      }),
  };
}
