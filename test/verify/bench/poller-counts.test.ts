import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { countKinds } from "./count-kinds.ts";
import { columnIn, columnOf } from "./count-table.ts";
import { counting } from "./counting.ts";
import { QUICK_KINDS } from "./job-kinds.ts";
import { kindFigures } from "./kind-figures.ts";
import { POLLER_LOOKS_EVERY_MS, pollerTemplate } from "./poller/poller-template.ts";

const page = readFileSync(new URL("../../../docs/reference/bench.md", import.meta.url), "utf8");
const system = counting({ beforeFirstLookMs: POLLER_LOOKS_EVERY_MS, turn: pollerTemplate });

test("the docs say what a plain job takes on the poller", async () => {
  const plain = kindFigures("poller", await countKinds(system(), QUICK_KINDS)).find(
    ({ kind }) => kind.name === "plain",
  );
  if (plain === undefined) throw new Error("Nothing was counted.");
  const column = columnOf(plain);
  expect(columnIn(page, column.title)).toEqual(column.cells);
});
