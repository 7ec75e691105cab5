import { beforeAll, describe, expect, test } from "vitest";
import { ROUTES } from "../../functions/routes.ts";
import { accessRequest, credentialOf } from "../access/access-request.ts";
import { type AccessWorld, accessWorld } from "../access/access-world.ts";
import { type Answered, ask, inWords } from "../access/asked.ts";
import { CELLS, type Cell, CREDENTIALS, ORDER, PATHS, REFUSALS, SUCCESSES } from "../access/matrix-page.ts";
import { target } from "./target.ts";

const reached = target();
let world: AccessWorld;
beforeAll(async () => {
  world = await accessWorld(reached());
});

const OTHER_PATHS = PATHS.filter(({ reply }) => reply !== "above");
const KINDS = ["own", "other's", "unknown", "malformed"];
/** The columns of a route's table, by the number of ids in its path. */
const TARGETS = [
  ["SERVER", "CLIENT, a user", "CLIENT, nobody", "CLIENT, malformed user", "another scope", "no version"],
  KINDS,
  KINDS.flatMap((user) => KINDS.map((its) => `${user} / ${its}`)),
];
const CHANGES_ITS_JOB = ["DELETE /jobs/{jobId}", "POST /jobs/{jobId}/resume", "POST /jobs/{jobId}/mfa"];
const nameOf = ({ route, credential, target, body = "" }: Cell) =>
  [route, credential, target, body].filter((part) => part !== "").join(" | ");

/** What a cell's request is answered. */
async function walk(cell: Cell): Promise<Answered> {
  const { asked, jobId } = await accessRequest(world, cell);
  const answered = await ask(reached(), asked);
  const isReached = jobId !== undefined && answered.status < 400;
  if (isReached && CHANGES_ITS_JOB.includes(cell.route)) await world.finish(jobId);
  return answered;
}

/** Every cell in turn, and its reply by its name. */
async function walkAll(cells: readonly Cell[]): Promise<Map<string, Answered>> {
  const answers = new Map<string, Answered>();
  for (const cell of cells) answers.set(nameOf(cell), await walk(cell));
  return answers;
}

function expectAsWritten(cells: readonly Cell[], answers: ReadonlyMap<string, Answered>): void {
  const seen = cells.map((cell) => {
    const answered = answers.get(nameOf(cell));
    return `${nameOf(cell)}: ${answered && inWords(cell.route, answered)}`;
  });
  expect(seen).toEqual(cells.map((cell) => `${nameOf(cell)}: ${cell.reply}`));
}

/** Where another's is refused, what is nobody's gets the same bytes. */
function expectNothingTold(cells: readonly Cell[], answers: ReadonlyMap<string, Answered>): void {
  const refused = cells.filter(({ target, reply }) => target.includes("other's") && REFUSALS.has(reply));
  for (const cell of refused) {
    const unknown = answers.get(nameOf({ ...cell, target: cell.target.replaceAll("other's", "unknown") }));
    expect(unknown?.bytes, nameOf(cell)).toBeDefined();
    expect(answers.get(nameOf(cell))?.bytes, nameOf(cell)).toBe(unknown?.bytes);
  }
}

describe("the page", () => {
  test("has every route, and no other one", () => {
    const routes = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`);
    expect([...SUCCESSES.keys()].toSorted()).toEqual(routes.toSorted());
    const others = PATHS.filter(({ reply }) => reply === "yes").map(
      ({ method, path }) => `${method} ${path}`,
    );
    expect([...CELLS.keys(), ...others].toSorted()).toEqual(routes.toSorted());
    const above = PATHS.filter(({ reply }) => reply === "above").map(
      ({ method, path }) => `${method} ${path}`,
    );
    expect(above.toSorted()).toEqual([...CELLS.keys()].toSorted());
  });

  test("asks in every row for everything that the route's ids can be, once", () => {
    for (const [route, cells] of CELLS) {
      const targets = TARGETS[route.split("/{").length - 1]?.toSorted();
      for (const [credential, row] of Map.groupBy(cells, (cell) => cell.credential)) {
        expect(row.map(({ target }) => target).toSorted(), `${route} | ${credential}`).toEqual(targets);
      }
    }
  });

  test("has every credential in every table, and no fewer cells than it had", () => {
    for (const [route, cells] of CELLS) {
      const rows = new Set(cells.map(({ credential }) => credential));
      expect(
        [...CREDENTIALS].filter((name) => !rows.has(name)),
        route,
      ).toEqual([]);
    }
    expect(CREDENTIALS).toHaveLength(14);
    expect([...CELLS.values()].flat().length).toBeGreaterThanOrEqual(954);
    expect(PATHS.length).toBeGreaterThanOrEqual(95);
    expect(ORDER.length).toBeGreaterThanOrEqual(28);
    expect(REFUSALS.size).toBeGreaterThanOrEqual(12);
  });
});

test.each([...CELLS])(
  "%s answers as the page says, and tells nothing of what is another's",
  async (_, cells) => {
    const answers = await walkAll(cells);
    expectAsWritten(cells, answers);
    expectNothingTold(cells, answers);
  },
);

test("what is wrong in several ways is refused for the first of them", async () => {
  const answers = await walkAll(ORDER);
  expectAsWritten(ORDER, answers);
  expectNothingTold(ORDER, answers);
});

test.each(CREDENTIALS)(
  "every path answers every method as the page says, whoever asks: %s",
  async (credential) => {
    const seen: string[] = [];
    const wanted: string[] = [];
    for (const { method, path, reply } of OTHER_PATHS) {
      const at = path
        .replace("{userId}", world.userOf("own"))
        .replace("{connectionId}", world.connectionOf("own"))
        .replace("{jobId}", await world.queuedJob("own"));
      const headers = credentialOf(world, credential);
      const answered = await ask(reached(), { method, path: at, headers });
      seen.push(`${method} ${path}: ${inWords(`${method} ${path}`, answered)}`);
      wanted.push(`${method} ${path}: ${reply}`);
    }
    expect(seen).toEqual(wanted);
  },
);
