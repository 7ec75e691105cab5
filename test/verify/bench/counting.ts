import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { POLL_EVERY_MS } from "../../../functions/jobs/domain/following.ts";
import { parseTemplate, type Template } from "../../../infra/local/template/template.ts";
import { ANY_UPSTREAM } from "../../journeys/synthesize-once.ts";
import { type Counted, countKinds } from "./counts.ts";
import type { JobKind } from "./job-kinds.ts";
import { brokenBudgets, columnIn, columnOf, type KindFigures, kindFigures } from "./page.ts";
import { type CountedSystem, startCounted, startPacedBank } from "./system.ts";

/** Six looks take 1.5 s, and a slice, which they must not exceed, 3 s. */
const TIME_SCALE = 4;

const PAGE = "docs/reference/bench.md";
export const OUT_OF_DATE = `${PAGE} is out of date: run \`npm run bench\`.`;
export const benchPage = readFileSync(new URL(`../../../${PAGE}`, import.meta.url), "utf8");

/** The template that the files of a run share. */
export const sharedTemplate = async ({ upstreamUrl }: { upstreamUrl: string }): Promise<Template> =>
  parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, upstreamUrl)));

/** Starts a system with the shared template, as it is or turned into another, and a bank at the pace of our looks. */
export async function startPaced({ beforeFirstLookMs = 0, turn = (template: Template) => template } = {}) {
  return startCounted({
    timeScale: TIME_SCALE,
    bank: await startPacedBank({ betweenLooksMs: POLL_EVERY_MS, beforeFirstLookMs }),
    synthesize: async (context) => turn(await sharedTemplate(context)),
  });
}

const WORDS = { ours: "our workflow", poller: "the poller" };

/** Counts jobs of these kinds in a system that it starts and closes. */
export function counting(
  start: () => Promise<CountedSystem>,
  columns: "ours" | "poller",
  kinds: readonly JobKind[],
) {
  let system: CountedSystem;
  let counted: Counted;
  let figures: KindFigures[];

  beforeAll(async () => {
    system = await start();
    counted = await countKinds(system, kinds);
    figures = kindFigures(columns, counted);
  });
  afterAll(() => system?.close());

  function figuresOf({ name }: JobKind): KindFigures {
    const found = figures.find(({ kind }) => kind.name === name);
    if (found === undefined) throw new Error(`Nothing was counted of ${name}.`);
    return found;
  }

  test.each(kinds)(`the docs say what a job that is $title takes on ${WORDS[columns]}`, (kind) => {
    const column = columnOf(figuresOf(kind));
    expect(columnIn(benchPage, column.title), OUT_OF_DATE).toEqual(column.cells);
  });

  return { figuresOf, system: () => system, counted: () => counted };
}

/** The same, and tests that the jobs stay within their budgets. */
export function countingWithinBudget(start: () => Promise<CountedSystem>, kinds: readonly JobKind[]) {
  const found = counting(start, "ours", kinds);

  test.each(kinds)("a job that is $title stays within its budget", (kind) => {
    expect(brokenBudgets([found.figuresOf(kind)])).toEqual([]);
  });

  test.each(kinds)("a job that is $title and exceeds both its budgets is reported for each", (kind) => {
    const { counts, price, ...figures } = found.figuresOf(kind);
    const over = {
      ...figures,
      counts: { ...counts, transitions: kind.budget.transitions + 1 },
      price: { ...price, KMS: kind.budget.dollarsPer1000 },
    };
    expect(brokenBudgets([over])).toHaveLength(2);
  });

  return found;
}
