import * as z from "zod";

/** What a function uses that somebody charges for, over all its calls in one job. */
export const usageSchema = z.strictObject({
  calls: z.number(),
  /** Pauses between looks, as long as they are at the bank's own pace. */
  sleptMs: z.number(),
  awsCalls: z.number(),
  upstreamCalls: z.number(),
  readUnits: z.number(),
  writeUnits: z.number(),
  kmsSymmetric: z.number(),
  kmsAsymmetric: z.number(),
  secretReads: z.number(),
  /** What it logs itself. */
  logBytes: z.number(),
  /** By the machine's clock. */
  measuredMs: z.number(),
});

export type Usage = z.infer<typeof usageSchema>;

export const NO_USAGE: Usage = {
  calls: 0,
  sleptMs: 0,
  awsCalls: 0,
  upstreamCalls: 0,
  readUnits: 0,
  writeUnits: 0,
  kmsSymmetric: 0,
  kmsAsymmetric: 0,
  secretReads: 0,
  logBytes: 0,
  measuredMs: 0,
};

export function sumOf(usages: Iterable<Usage>): Usage {
  return [...usages].reduce((sum, usage) => combine(sum, usage, (a, b) => a + b), NO_USAGE);
}

export function times(usage: Usage, factor: number): Usage {
  return combine(usage, NO_USAGE, (amount) => amount * factor);
}

function combine(one: Usage, other: Usage, by: (a: number, b: number) => number): Usage {
  const names = usageSchema.keyof().options;
  return usageSchema.parse(Object.fromEntries(names.map((name) => [name, by(one[name], other[name])])));
}
