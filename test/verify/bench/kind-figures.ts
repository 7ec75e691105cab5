import type { Counted } from "./count-kinds.ts";
import type { JobCounts } from "./job-counts.ts";
import { JOB_KINDS, type JobKind } from "./job-kinds.ts";
import { type Deployment, type JobPrice, priceOf, totalOf } from "./price-of-job.ts";

/** A column of the page: a kind of job on one of the two systems. */
export interface KindFigures {
  title: string;
  kind: JobKind;
  counts: JobCounts;
  deployment: Deployment;
  price: JobPrice;
  /** With the time that the functions took on this machine. */
  measuredPrice: JobPrice;
}

export function kindFigures(system: "ours" | "poller", counted: Counted): KindFigures[] {
  const deployment = {
    functions: new Map(Object.entries(counted.functions)),
    tokenUsage: counted.tokenUsage,
  };
  return JOB_KINDS.flatMap((kind) => {
    const counts = counted.kinds[kind.name];
    if (counts === undefined) return [];
    const figures = {
      title: system === "ours" ? kind.title : `poller, ${kind.title}`,
      kind,
      counts,
      deployment,
      price: priceOf(counts, deployment),
      measuredPrice: priceOf(counts, deployment, ({ measuredMs }) => measuredMs),
    };
    return [figures];
  });
}

/** What is over the budget of its kind, a line each. */
export function brokenBudgets(figures: readonly KindFigures[]): string[] {
  return figures.flatMap(({ title, kind, counts, price }) => {
    const { transitions, dollarsPer1000 } = kind.budget;
    const dollars = totalOf(price);
    return [
      ...(counts.transitions > transitions
        ? [`${title}: ${counts.transitions} transitions, at most ${transitions}`]
        : []),
      ...(dollars > dollarsPer1000
        ? [`${title}: $${dollars.toFixed(4)} for 1,000 jobs, at most $${dollarsPer1000.toFixed(2)}`]
        : []),
    ];
  });
}
