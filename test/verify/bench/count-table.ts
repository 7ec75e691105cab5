import type { KindFigures } from "./kind-figures.ts";
import { nominalMs, PRICE_LINES, totalOf } from "./price-of-job.ts";
import { sumOf } from "./usage.ts";

/** A column of a table, its cells by the labels of their rows. */
export interface Column {
  title: string;
  cells: ReadonlyMap<string, string>;
}

const NOTHING = "–";

/** What follows from counts alone. */
export function columnOf(figures: KindFigures): Column {
  const { counts, title } = figures;
  const all = sumOf(Object.values(counts.usage));
  const { smallest, largest } = counts.itemBytes;
  const cells: [label: string, cell: string][] = [
    ["state transitions", amount(counts.transitions)],
    ["history events", amount(counts.historyEvents)],
    ["function calls", amount(all.calls)],
    ...functionCells(figures),
    ["write units, in so many writes", `${amount(all.writeUnits)} in ${amount(counts.writes)}`],
    ["items written, bytes", `${amount(smallest)} to ${amount(largest)}`],
    ["read units", amount(all.readUnits)],
    ["KMS calls", amount(all.kmsSymmetric + all.kmsAsymmetric)],
    ["upstream calls", amount(all.upstreamCalls)],
    ["HTTP requests", amount(requestsOf(figures))],
    ["bytes logged by us", amount(all.logBytes)],
    ...PRICE_LINES.map((line): [string, string] => [line, dollars(figures.price[line])]),
    ["**dollars for 1,000 jobs**", `**${dollars(totalOf(figures.price))}**`],
  ];
  return { title, cells: new Map(cells) };
}

/** Calls of each function, and the time that is reckoned for them. */
function functionCells({ counts, deployment }: KindFigures): [string, string][] {
  return Object.entries(counts.usage).map(([name, usage]) => {
    const memoryMb = deployment.functions.get(name)?.memoryMb;
    return [`\`${name}\`, ${memoryMb} MB`, `${amount(usage.calls)}, ${amount(nominalMs(usage))} ms`];
  });
}

function requestsOf({ counts }: KindFigures): number {
  const names = ["create-connection", "get-job", "answer-mfa"];
  return names.reduce((sum, name) => sum + (counts.usage[name]?.calls ?? 0), 0);
}

export function amount(value: number): string {
  return value.toLocaleString("en-US");
}

export function dollars(value: number): string {
  return `$${value.toFixed(4)}`;
}

/** A table of markdown; a column that lacks a row says so. */
export function tableOf(columns: readonly Column[]): string {
  const rows = labelsOf(columns).map((label) => [
    label,
    ...columns.map(({ cells }) => cells.get(label) ?? NOTHING),
  ]);
  const header = ["", ...columns.map(({ title }) => title)];
  const alignment = ["---", ...columns.map(() => "---:")];
  return [header, alignment, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Every label once: one that the columns before lack comes after its neighbour. */
function labelsOf(columns: readonly Column[]): string[] {
  const labels: string[] = [];
  for (const { cells } of columns) {
    let place = 0;
    for (const label of cells.keys()) {
      const known = labels.indexOf(label);
      if (known === -1) labels.splice(place, 0, label);
      place = (known === -1 ? place : known) + 1;
    }
  }
  return labels;
}

/** The cells of a column in the first table of a page, without those that say that there are none. */
export function columnIn(page: string, title: string): ReadonlyMap<string, string> {
  const [table = ""] = /(?:^\|.*\n)+/m.exec(page) ?? [];
  const [header = [], , ...rows] = table
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const index = header.indexOf(title);
  const cells = rows.map((row): [string, string] => [row[1] ?? "", row[index] ?? NOTHING]);
  return new Map(cells.filter(([, cell]) => cell !== NOTHING));
}
