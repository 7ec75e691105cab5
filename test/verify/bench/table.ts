/** A column of a table, its cells by the labels of their rows. */
export interface Column {
  title: string;
  cells: ReadonlyMap<string, string>;
}

export const NOTHING = "–";

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
