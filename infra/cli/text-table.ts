/** Returns the lines of a table. Each column is as wide as its longest text. */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => lengthOf(row[column]))),
  );
  return rows.map((row) =>
    row
      .map((text, column) => text + " ".repeat((widths[column] ?? 0) - lengthOf(text)))
      .join("  ")
      .trimEnd(),
  );
}

/** Counts characters. `length` counts rare characters, such as emoji, twice. */
function lengthOf(text = ""): number {
  return [...text].length;
}
