import * as z from "zod";

/** What CloudWatch's specification of the embedded metric format asks of a line. */
const directive = z.strictObject({
  Namespace: z.string().min(1).max(255),
  Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
  Metrics: z.array(
    z.strictObject({
      Name: z.string().min(1).max(255),
      Unit: z.enum(["Count", "Milliseconds"]),
    }),
  ),
});
const document = z.looseObject({
  _aws: z.strictObject({ Timestamp: z.int().positive(), CloudWatchMetrics: z.array(directive).min(1) }),
});
/** Longer values of dimensions, and empty ones, are dropped along with the metric. */
const dimensionValue = z
  .string()
  .regex(/^[\x20-\x7e]+$/)
  .max(1024);

export interface Extracted {
  name: string;
  value: number;
  unit: string;
  dimensions: Record<string, string>;
}

/** The metrics that CloudWatch would make of a line. Throws when the line is not as specified. */
export function extract(line: object): Extracted[] {
  const members: Record<string, unknown> = document.parse(JSON.parse(JSON.stringify(line)));
  const { _aws: metadata } = document.parse(members);
  return metadata.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Dimensions.flatMap((set) =>
      Metrics.map(({ Name, Unit }) => ({
        name: Name,
        value: z.number().parse(members[Name]),
        unit: Unit,
        dimensions: Object.fromEntries(set.map((by) => [by, dimensionValue.parse(members[by])])),
      })),
    ),
  );
}

/** What a line holds beside what it says of itself. */
export function membersOf(line: object): string[] {
  return Object.keys(line).filter((name) => name !== "_aws");
}
