type Row = readonly string[];

/** A table of a page: the names of its columns but the first, and its rows, with the first column's cells. */
export interface Table {
  columns: Row;
  rows: readonly Row[];
}

const RULE = /^-+$/;

/** What stands under each heading of a page, up to the next one of any level. */
export function sectionsOf(page: string): Map<string, string> {
  const sections = page.split(/^#+ /m).map((text): [string, string] => {
    const [heading = ""] = text.split("\n", 1);
    return [heading, text.slice(heading.length)];
  });
  for (const [, text] of sections) tablesIn(text);
  return byName(sections);
}

/** The one table of a text whose first column has this name. */
export function tableIn(text: string, first: string): Table {
  const [table, another] = tablesIn(text).filter((each) => each.first === first);
  if (table === undefined || another !== undefined)
    throw new Error(`No table of "${first}", or two of them.`);
  return table;
}

/** A map in which no name overwrites another. */
export function byName<Value>(entries: readonly (readonly [string, Value])[]): Map<string, Value> {
  const map = new Map(entries);
  if (map.size !== entries.length)
    throw new Error(`Named twice: ${entries.map(([name]) => name).join(" | ")}`);
  return map;
}

/** Throws when a line with cells is of no table, or has more or less of them than its table's head: nothing may go unread. */
function tablesIn(text: string): (Table & { first: string })[] {
  return blocksOf(text).map(([head = [], rule = [], ...rows]) => {
    if (rule.length === 0 || !rule.every((cell) => RULE.test(cell)))
      throw new Error(`Rows of no table: ${head.join(" | ")}`);
    const odd = [rule, ...rows].find(({ length }) => length !== head.length);
    if (odd !== undefined) throw new Error(`Not as wide as its table: ${odd.join(" | ")}`);
    const [first = "", ...columns] = head;
    return { first, columns, rows };
  });
}

/** Lines with cells that follow each other. */
function blocksOf(text: string): Row[][] {
  const blocks: Row[][] = [[]];
  for (const line of text.split("\n")) {
    if (line.includes("|")) blocks.at(-1)?.push(cellsOf(line.trim()));
    else blocks.push([]);
  }
  return blocks.filter(({ length }) => length > 0);
}

function cellsOf(line: string): Row {
  if (!/^\|.*\|$/.test(line)) throw new Error(`Half a row: ${line}`);
  return line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());
}
