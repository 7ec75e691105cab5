import { basename } from "node:path";
import * as z from "zod";
import { ENTRY_METADATA } from "../../../infra/aws/entry-metadata.ts";
import { resourcesOf, type Template } from "../../../infra/local/template/template.ts";
import type { MeteredTable } from "./capacity-meter.ts";

const keySchema = z.array(z.object({ AttributeName: z.string() }));
const tableProperties = z.object({
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z
    .array(
      z.object({
        KeySchema: keySchema,
        Projection: z.object({
          ProjectionType: z.enum(["ALL", "KEYS_ONLY", "INCLUDE"]),
          NonKeyAttributes: z.array(z.string()).default([]),
        }),
      }),
    )
    .default([]),
});
const functionProperties = z.object({
  MemorySize: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

/** The tables by the names that they have in local mode. */
export function meteredTables(template: Template): MeteredTable[] {
  return resourcesOf(template, "AWS::DynamoDB::Table").map(([name, { Properties }]) => {
    const { KeySchema, GlobalSecondaryIndexes } = tableProperties.parse(Properties);
    const keyNames = namesIn(KeySchema);
    const indexes = GlobalSecondaryIndexes.map(({ KeySchema: own, Projection }) => ({
      keyNames: [...new Set([...keyNames, ...namesIn(own)])],
      ...(Projection.ProjectionType !== "ALL" && { projected: Projection.NonKeyAttributes }),
    }));
    return { name, keyNames, indexes };
  });
}

function namesIn(schema: z.infer<typeof keySchema>): string[] {
  return schema.map(({ AttributeName }) => AttributeName);
}

export interface FunctionFacts {
  memoryMb: number;
  variables: readonly string[];
}

/** Our functions, by their names. */
export function functionFacts(template: Template): Map<string, FunctionFacts> {
  const found = resourcesOf(template, "AWS::Lambda::Function").flatMap(([, { Properties, Metadata }]) => {
    const entry = z.string().safeParse(Metadata[ENTRY_METADATA]);
    if (!entry.success) return [];
    const { MemorySize, Environment } = functionProperties.parse(Properties);
    const facts = { memoryMb: MemorySize, variables: Object.keys(Environment.Variables) };
    return [[functionName(entry.data), facts] as const];
  });
  return new Map(found);
}

/** Such as `get-job`. */
export function functionName(entry: string): string {
  return basename(entry, ".ts").replace(/\.lambda$/, "");
}

export function countOf(template: Template, type: string): number {
  return resourcesOf(template, type).length;
}

const alarmProperties = z.object({
  Metrics: z.array(z.object({ MetricStat: z.unknown().optional() })).optional(),
});

/** What alarms are charged by: each metric that one looks at, several in one that calculates. */
export function alarmMetricsOf(template: Template): number {
  const looked = resourcesOf(template, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => {
    const { Metrics } = alarmProperties.parse(Properties);
    return Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
  });
  return looked.reduce((sum, count) => sum + count, 0);
}
