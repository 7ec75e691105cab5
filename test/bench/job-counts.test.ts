import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { countKinds } from "./count-kinds.ts";
import { columnIn, columnOf } from "./count-table.ts";
import { counting } from "./counting.ts";
import { JOB_KINDS } from "./job-kinds.ts";
import { brokenBudgets, type KindFigures, kindFigures } from "./kind-figures.ts";

const PAGE = "docs/bench.md";
const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), "utf8");
const system = counting();
let figures: KindFigures[];

beforeAll(async () => {
  figures = kindFigures("ours", await countKinds(system()));
});

const figuresOf = (name: string) => {
  const found = figures.find(({ kind }) => kind.name === name);
  if (found === undefined) throw new Error(`Nothing was counted of ${name}.`);
  return found;
};

test.each(JOB_KINDS)("a job that is $title keeps its budget", ({ name }) => {
  expect(brokenBudgets([figuresOf(name)])).toEqual([]);
});

test.each(JOB_KINDS)("a budget of a job that is $title would be missed", ({ name }) => {
  const { kind, counts, price, ...figure } = figuresOf(name);
  const over = {
    ...figure,
    kind,
    counts: { ...counts, transitions: kind.budget.transitions + 1 },
    price: { ...price, KMS: kind.budget.dollarsPer1000 },
  };
  expect(brokenBudgets([over])).toHaveLength(2);
});

test.each(JOB_KINDS)("the docs say what a job that is $title takes", ({ name }) => {
  const column = columnOf(figuresOf(name));
  expect(columnIn(page, column.title), `${PAGE} is out of date: run \`npm run bench\`.`).toEqual(
    column.cells,
  );
});
