import * as z from "zod";
import { countJob, countSweep } from "./count-job.ts";
import type { CountedSystem } from "./counted-system.ts";
import { jobCountsSchema } from "./job-counts.ts";
import { type JobKind, KIND_NAMES } from "./job-kinds.ts";
import { alarmMetricsOf, countOf, functionFacts } from "./template-facts.ts";
import { usageSchema } from "./usage.ts";

/** What a system took for a job of each kind, and what of its template decides the price of that. */
export const countedSchema = z.strictObject({
  kinds: z.partialRecord(z.enum(KIND_NAMES), jobCountsSchema),
  tokenUsage: usageSchema,
  /** Of the sweeper, once these jobs are over. */
  sweepUsage: usageSchema,
  functions: z.record(z.string(), z.strictObject({ memoryMb: z.number(), variables: z.array(z.string()) })),
  resources: z.strictObject({ keys: z.number(), alarmMetrics: z.number(), dashboards: z.number() }),
});

export type Counted = z.infer<typeof countedSchema>;

/** Counts a job of each of the kinds, one after the other. */
export async function countKinds(system: CountedSystem, kinds: readonly JobKind[]): Promise<Counted> {
  const { template } = system;
  const counted = [];
  for (const kind of kinds) counted.push([kind.name, await countJob(system, kind)] as const);
  const [first] = counted;
  return countedSchema.parse({
    kinds: Object.fromEntries(counted.map(([name, { counts }]) => [name, counts])),
    tokenUsage: first?.[1].tokenUsage,
    sweepUsage: await countSweep(system),
    functions: Object.fromEntries(functionFacts(template)),
    resources: {
      keys: countOf(template, "AWS::KMS::Key"),
      alarmMetrics: alarmMetricsOf(template),
      dashboards: countOf(template, "AWS::CloudWatch::Dashboard"),
    },
  });
}
