import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../../docs/access.md", import.meta.url), "utf8");

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

type Row = readonly string[];

/** The rows of the table whose first column has this name, and the names of its columns. */
function tableIn(text: string, first: string): { columns: Row; rows: Row[] } {
  const lines = text.split("\n").map(cellsOf);
  const head = lines.findIndex(([name]) => name === first);
  if (head < 0) throw new Error(`The page has no table of "${first}".`);
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((cells) => cells.length === 0);
  return { columns: lines[head]?.slice(1) ?? [], rows: end < 0 ? rest : rest.slice(0, end) };
}

function cellsOf(line: string): string[] {
  if (!line.startsWith("|")) return [];
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The parts of the page whose heading names routes, each with its table. */
function parts(): { routes: string[]; text: string }[] {
  return page
    .split(/^### /m)
    .slice(1)
    .map((text) => ({ routes: (text.split("\n")[0] ?? "").split(", "), text }));
}

/** Status and code of each word for a refusal. */
export const REFUSALS: ReadonlyMap<string, { status: number; code: string }> = new Map(
  tableIn(page, "Cell").rows.map(([cell = "", status, code = ""]) => [
    cell,
    { status: Number(status), code },
  ]),
);

/** What each route answers when all is well: statuses, and what their bodies are. */
export const SUCCESSES: ReadonlyMap<string, ReadonlyMap<number, string>> = new Map(
  tableIn(page, "Route").rows.map(([route = "", says = ""]) => [
    route,
    new Map(says.split(", or ").map((each) => [Number(each.slice(0, 3)), each.slice(4)])),
  ]),
);

/** The credentials that the page explains. */
export const CREDENTIALS = tableIn(page, "Credential").rows.map(([name = ""]) => name);

/** The cells of the routes' own tables, by route. */
export const CELLS: ReadonlyMap<string, readonly Cell[]> = new Map(
  parts().flatMap(({ routes, text }) => {
    const { columns, rows } = tableIn(text, "Credential");
    return routes.map((route) => [
      route,
      rows.flatMap(([credential = "", ...replies]) =>
        columns.map((target, index) => ({ route, credential, target, reply: replies[index] ?? "" })),
      ),
    ]);
  }),
);

/** Every path with every method, whatever the credential. */
export const PATHS = tableIn(page, "Path").rows.flatMap(([path = "", ...replies]) =>
  tableIn(page, "Path").columns.map((method, index) => ({ method, path, reply: replies[index] ?? "" })),
);

/** Requests that are wrong in several ways. */
export const ORDER: readonly Cell[] = tableIn(
  page.slice(page.indexOf("## What is checked first")),
  "Route",
).rows.map(([route = "", credential = "", target = "", body = "", reply = ""]) => ({
  route,
  credential,
  target,
  body,
  reply,
}));
