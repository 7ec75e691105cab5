import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { type Counted, countKinds } from "./count-kinds.ts";
import { columnIn, columnOf } from "./count-table.ts";
import type { CountedSystem } from "./counted-system.ts";
import type { JobKind } from "./job-kinds.ts";
import { brokenBudgets, type KindFigures, kindFigures } from "./kind-figures.ts";

const PAGE = "docs/reference/bench.md";
export const OUT_OF_DATE = `${PAGE} is out of date: run \`npm run bench\`.`;
export const benchPage = readFileSync(new URL(`../../../${PAGE}`, import.meta.url), "utf8");

/** Tests that jobs of these kinds keep their budgets, and that the docs say what they take. */
export function holdToBudget(system: () => CountedSystem, kinds: readonly JobKind[]) {
  let counted: Counted;
  let figures: KindFigures[];

  beforeAll(async () => {
    counted = await countKinds(system(), kinds);
    figures = kindFigures("ours", counted);
  });

  const figuresOf = (name: string) => {
    const found = figures.find(({ kind }) => kind.name === name);
    if (found === undefined) throw new Error(`Nothing was counted of ${name}.`);
    return found;
  };

  test.each(kinds)("a job that is $title keeps its budget", ({ name }) => {
    expect(brokenBudgets([figuresOf(name)])).toEqual([]);
  });

  test.each(kinds)("a budget of a job that is $title would be missed", ({ name }) => {
    const { kind, counts, price, ...figure } = figuresOf(name);
    const over = {
      ...figure,
      kind,
      counts: { ...counts, transitions: kind.budget.transitions + 1 },
      price: { ...price, KMS: kind.budget.dollarsPer1000 },
    };
    expect(brokenBudgets([over])).toHaveLength(2);
  });

  test.each(kinds)("the docs say what a job that is $title takes", ({ name }) => {
    const column = columnOf(figuresOf(name));
    expect(columnIn(benchPage, column.title), OUT_OF_DATE).toEqual(column.cells);
  });

  return { figuresOf, counted: () => counted };
}
