import { type Duration, Stack } from "aws-cdk-lib";
import { MathExpression, Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { METRICS, type MetricKind, type MetricName } from "../../functions/jobs/domain/metrics.ts";

/**
 * Where the metrics of a system are, by any of its parts: the stack's name, and the system's path in the stack if it is
 * not the whole of it. Two stages in one account keep theirs apart, and two systems in one stack.
 */
export function metricsNamespace(part: Construct): string {
  const stack = Stack.of(part);
  const path = (part.node.scope ?? stack).node.path
    .slice(stack.node.path.length)
    .replace(/^\/?(Default)?$/, "");
  return `${stack.stackName}${path}`;
}

/** A metric of ours, at one value of its dimension if it has one. Counts are summed up, of what there is the most is taken. */
export function ownMetric(
  scope: Construct,
  metricName: MetricName,
  { is, ...options }: { is?: string } & MetricOptions = {},
): Metric {
  const { by, isState }: MetricKind = METRICS[metricName];
  return new Metric({
    namespace: metricsNamespace(scope),
    metricName,
    dimensionsMap: by === undefined || is === undefined ? {} : { [by]: is },
    statistic: isState ? "Maximum" : "Sum",
    label: is ?? metricName,
    ...options,
  });
}

/**
 * The sum of counts, less others. A count that came to nothing has no data point, which would make the whole sum have
 * none, and an alarm last for longer than its cause.
 */
export function total(counts: readonly Metric[], period: Duration, less: readonly Metric[] = []) {
  const named = (prefix: string, metrics: readonly Metric[]) =>
    metrics.map((metric, index) => [`${prefix}${index}`, metric] as const);
  const [added, taken] = [named("m", counts), named("less", less)];
  const filled = (terms: typeof added, sign: string) => terms.map(([id]) => `${sign} FILL(${id}, 0)`);
  return new MathExpression({
    expression: [...filled(added, "+"), ...filled(taken, "-")].join(" ").slice(2),
    usingMetrics: Object.fromEntries([...added, ...taken]),
    period,
  });
}
