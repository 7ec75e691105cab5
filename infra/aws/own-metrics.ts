import { type Duration, Stack } from "aws-cdk-lib";
import { MathExpression, Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { METRICS, type MetricKind, type MetricName } from "../../functions/jobs/domain/metrics.ts";
import type { SharedOptions } from "./node-function.ts";

/**
 * Returns the CloudWatch namespace of a system's metrics, given any of the system's direct children: the name of the stack,
 * followed by the system's path in the stack unless the stack contains nothing else. So two stages in one account have
 * separate metrics. A stack has at most 500 resources, so that it holds one system only.
 */
export function metricsNamespace(part: Construct): string {
  const stack = Stack.of(part);
  const path = (part.node.scope ?? stack).node.path
    .slice(stack.node.path.length)
    .replace(/^\/?(Default)?$/, "");
  return `${stack.stackName}${path}`;
}

/** Returns the environment of a function that writes metrics, given one of the system's direct children. */
export function metricsEnvironment(part: Construct, { monitoring }: SharedOptions): Record<string, string> {
  return { METRICS_NAMESPACE: metricsNamespace(part), MONITORING: monitoring };
}

/**
 * Returns the name of a log group that AWS itself writes to, given one of the system's direct children. With this prefix, the
 * log groups of all systems share one entry in the account's resource policy, which has a limited size.
 */
export function vendedLogGroupName(part: Construct): string {
  return `/aws/vendedlogs/${metricsNamespace(part)}/${part.node.id}`.replaceAll(/[^\w./#-]/g, "-");
}

/**
 * Returns one of our metrics. `is` selects a value of the metric's dimension, if it has a dimension. Default statistic: the
 * sum for counts, the maximum for states (see `MetricKind.isState`).
 */
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
 * Adds `counts` and subtracts `less`. Missing data points count as 0: otherwise one missing data point would leave the sum
 * without a value, and an alarm would last longer than its cause.
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
