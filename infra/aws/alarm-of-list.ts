import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";

export interface AlarmOfList {
  id: string;
  /** Explains the alarm to operators and names the first thing to check. */
  description: string;
  metric: IMetric;
  /** The alarm fires when the metric reaches this value. A heartbeat alarm fires when the metric is below it. */
  threshold: number;
  /** Number of consecutive periods that must breach the threshold. Default: 1. */
  periods?: number;
  /** Inverts the alarm: it fires when the metric is below the threshold or has no data. */
  isHeartbeat?: true;
  /** Exists with `monitoring: basic` too: the alarm means that a job is lost unless somebody acts. */
  isBasic?: true;
}
