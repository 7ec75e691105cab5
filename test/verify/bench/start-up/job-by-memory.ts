import { amount, dollars, tableOf } from "../count-table.ts";
import type { KindFigures } from "../kind-figures.ts";
import { nominalMs } from "../price-of-job.ts";
import { dollarsFor, PRICES } from "../prices.ts";
import type { Usage } from "../usage.ts";
import { MEMORY_SIZES_MB } from "./memory-sizes.ts";
import type { Group, StartUp } from "./start-up.ts";

/** The size at which the prices' `ownMs` was assumed. */
const OWN_MS_AT_MB = 192;
const JOBS = 1000;
const { prices, assumptions } = PRICES;

/** Dollars for the time of warm functions, in 1,000 jobs: by the size of all functions of a group. */
export function jobsByMemory(figures: readonly KindFigures[], startUps: readonly StartUp[]): string {
  const groups: readonly Group[] = ["API", "tasks"];
  const rows = figures.flatMap(({ title, counts }) =>
    groups.map((group) => {
      const names = startUps.filter((startUp) => startUp.group === group).map(({ name }) => name);
      const usages = names.flatMap((name) => counts.usage[name] ?? []);
      return { label: `${title}, ${group}`, usages };
    }),
  );
  return tableOf(
    MEMORY_SIZES_MB.map((size) => ({
      title: `${amount(size)} MB`,
      cells: new Map(rows.map(({ label, usages }) => [label, dollars(dollarsAt(usages, size))])),
    })),
  );
}

export function dollarsAt(usages: readonly Usage[], memoryMb: number): number {
  const seconds = usages.reduce((sum, usage) => sum + msAt(usage, memoryMb), 0) / 1000;
  return JOBS * dollarsFor((memoryMb / 1024) * seconds, prices.functionGbSecond);
}

/** What a function computes takes less time with more memory; what it waits for does not. */
function msAt(usage: Usage, memoryMb: number): number {
  const ownMs = usage.calls * assumptions.ownMs.value;
  return nominalMs(usage) - ownMs + (ownMs * OWN_MS_AT_MB) / memoryMb;
}
