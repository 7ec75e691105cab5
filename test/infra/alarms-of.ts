import * as z from "zod";
import { ofType, type Resources, withoutHash } from "./resources.ts";

const dimensions = z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]);
const query = z.object({
  Id: z.string(),
  Expression: z.string().optional(),
  ReturnData: z.boolean().optional(),
  MetricStat: z
    .object({
      Period: z.number(),
      Stat: z.string(),
      Metric: z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions }),
    })
    .optional(),
});
/** An alarm on one metric as it is has no list of them. */
const single = z
  .object({
    Namespace: z.string(),
    MetricName: z.string(),
    Dimensions: dimensions,
    Period: z.number(),
    Statistic: z.string(),
  })
  .transform(({ Period, Statistic, ...Metric }) => [
    { Id: "single", Expression: undefined, MetricStat: { Period, Stat: Statistic, Metric } },
  ]);
const looked = z.union([z.object({ Metrics: z.array(query) }).transform(({ Metrics }) => Metrics), single]);
const alarmProperties = z.object({
  AlarmDescription: z.string(),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  ComparisonOperator: z.string(),
  TreatMissingData: z.string(),
  AlarmActions: z.array(z.unknown()),
  OKActions: z.array(z.unknown()),
});

export type AlarmOfTemplate = z.infer<typeof alarmProperties> & { Metrics: z.infer<typeof looked> };

/** The alarms by their names, each with the metrics that it looks at. */
export function alarmsOf(resources: Resources): Map<string, AlarmOfTemplate> {
  return new Map(
    ofType(resources, "AWS::CloudWatch::Alarm").map(([logicalId, { Properties }]) => [
      withoutHash(logicalId).replace(/^Alarms/, ""),
      { ...alarmProperties.parse(Properties), Metrics: looked.parse(Properties) },
    ]),
  );
}
