import { readFileSync } from "node:fs";

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

const sections = sectionsOf(
  readFileSync(new URL("../../../docs/reference/access.md", import.meta.url), "utf8"),
);

/** One thing that the page says: what somebody gets who asks for something. */
export interface Cell {
  /** Method and path, as in the list of routes. */
  route: string;
  credential: string;
  target: string;
  /** What is wrong with the body; nothing when absent. */
  body?: string;
  /** As the page writes it, such as `401 user`. */
  reply: string;
}

const rowsOf = (heading: string, first: string) => tableIn(sections.get(heading) ?? "", first).rows;

/** Status and code of each word for a refusal. */
export const REFUSALS: ReadonlyMap<string, { status: number; code: string }> = byName(
  rowsOf("In the cells", "Cell").map(([cell = "", status, code = ""]) => [
    cell,
    { status: Number(status), code },
  ]),
);

/** What each route answers when all is well: statuses, and what their bodies are. */
export const SUCCESSES: ReadonlyMap<string, ReadonlyMap<number, string>> = byName(
  rowsOf("In the cells", "Route").map(([route = "", says = ""]) => [
    route,
    new Map(says.split(", or ").map((each) => [Number(each.slice(0, 3)), each.slice(4)])),
  ]),
);

/** The credentials that the page explains. */
export const CREDENTIALS = rowsOf("In the cells", "Credential").map(([name = ""]) => name);

/** The cells of the routes' own tables, by route: those of the sections whose headings name routes. */
export const CELLS: ReadonlyMap<string, readonly Cell[]> = byName(
  [...sections].flatMap(([heading, text]) => {
    if (!heading.includes(" /")) return [];
    const { columns, rows } = tableIn(text, "Credential");
    return heading
      .split(", ")
      .map((route): [string, Cell[]] => [
        route,
        rows.flatMap(([credential = "", ...replies]) =>
          columns.map((target, index) => ({ route, credential, target, reply: replies[index] ?? "" })),
        ),
      ]);
  }),
);

const PASSED = "Routes that pass to the aggregator";

/** The routes that pass to the aggregator, with who may call them and the versions that have them. */
export const PASSED_ROWS = rowsOf(PASSED, "Passed route");

/** What each credential gets from routes that pass: by credential, then by callers and user, such as `server: own`. */
export const PASSED_CELLS: ReadonlyMap<string, ReadonlyMap<string, string>> = passedCells();

function passedCells() {
  const { columns, rows } = tableIn(sections.get(PASSED) ?? "", "Credential");
  return byName(
    rows.map(([credential = "", ...replies]): [string, Map<string, string>] => [
      credential,
      new Map(columns.map((column, index) => [column, replies[index] ?? ""])),
    ]),
  );
}

const paths = tableIn(sections.get("Every path and method") ?? "", "Path");

/** Every path with every method, whatever the credential. */
export const PATHS = paths.rows.flatMap(([path = "", ...replies]) =>
  paths.columns.map((method, index) => ({ method, path, reply: replies[index] ?? "" })),
);

/** Requests that are wrong in several ways. */
export const ORDER: readonly Cell[] = rowsOf("What is checked first", "Route").map(
  ([route = "", credential = "", target = "", body = "", reply = ""]) => ({
    route,
    credential,
    target,
    body,
    reply,
  }),
);
