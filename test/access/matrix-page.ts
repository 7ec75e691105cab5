import { readFileSync } from "node:fs";
import { byName, sectionsOf, tableIn } from "./page-tables.ts";

const sections = sectionsOf(readFileSync(new URL("../../docs/reference/access.md", import.meta.url), "utf8"));

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
