import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";

export interface AlarmOfList {
  id: string;
  /** What it means, and what to look at first. */
  description: string;
  metric: IMetric;
  /** From here on it is an alarm. */
  threshold: number;
  /** How many in a row; one when absent. */
  periods?: number;
  /** Turns it round: fewer than the threshold are an alarm, and so is silence. */
  isHeartbeat?: true;
}
