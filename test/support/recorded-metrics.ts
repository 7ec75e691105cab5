import type { UpstreamWatch } from "../../functions/jobs/domain/ports.ts";
import { emfLine, emfMetrics } from "../../functions/platform/metrics.ts";
import { extract } from "./emf-line.ts";

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
