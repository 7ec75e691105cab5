import { writeFileSync } from "node:fs";
import { brokenBudgets, type KindFigures, kindFigures } from "./kind-figures.ts";
import { type Measured, measureApart } from "./measure-apart.ts";
import { pageOf } from "./page.ts";
import { DEFAULT_OPTIONS, measureStartUps, slowStartUps } from "./start-up/start-up.ts";

/** Writes the page, prints it, and ends with 1 when a job of ours is over its budget, or an entry starts too slowly. */
async function main(): Promise<void> {
  const ours = await measureApart("ours");
  const queue = await measureApart("queue");
  const poller = await measureApart("poller");
  const figures = [...kindFigures("ours", ours.counted), ...kindFigures("ours", queue.counted)];
  const columns = [...figures, ...kindFigures("poller", poller.counted)];
  const delays = [
    ...titled(kindFigures("ours", ours.counted), ours.delays),
    ...titled(kindFigures("poller", poller.counted), poller.delays),
  ];
  const startUps = await measureStartUps(DEFAULT_OPTIONS);
  const page = pageOf({ columns, delays: new Map(delays), startUps, counted: ours.counted });
  writeFileSync(new URL("../../../docs/reference/bench.md", import.meta.url), page);
  process.stdout.write(page);
  const broken = [...brokenBudgets(figures), ...slowStartUps(startUps)];
  process.stdout.write(
    broken.length === 0 ? "\nWithin the budgets.\n" : `\nOver budget:\n${broken.join("\n")}\n`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}

function titled(figures: readonly KindFigures[], delays: Measured["delays"]): [string, readonly number[]][] {
  return figures.map(({ title, kind }) => [title, delays[kind.name] ?? []]);
}

await main();
