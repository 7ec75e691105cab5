import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { webhookWithSecretReply } from "../../../functions/http/reply-schemas.ts";
import { isPassed } from "../../../functions/pass-through/routes.ts";
import { isPage, methodsOfRoute, ROUTE_NAMES, ROUTES } from "../../../functions/routes.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { target } from "../../journeys/target.ts";
import {
  byName,
  CELLS,
  type Cell,
  CREDENTIALS,
  ORDER,
  PATHS,
  REFUSALS,
  SUCCESSES,
  sectionsOf,
  tableIn,
} from "./page.ts";
import { deployedParts, encoded, serverClaims, signedByAnother, tokenMaker } from "./tokens.ts";
import {
  type AccessWorld,
  type Answered,
  accessRequest,
  accessWorld,
  ask,
  credentialOf,
  inWords,
} from "./world.ts";

const reached = target();
let world: AccessWorld;
let backend: MobileBackend;
let serverToken: string;
beforeAll(async () => {
  world = await accessWorld(reached());
  backend = new MobileBackend(reached());
  serverToken = await backend.token();
});

const OTHER_PATHS = PATHS.filter(({ reply }) => !["above", "passed", "(passed)", "page"].includes(reply));
const PAGES = PATHS.filter(({ reply }) => reply === "page");
const KINDS = ["own", "other's", "unknown", "malformed"];
const OF_TOKENS = [
  "SERVER",
  "CLIENT, a user",
  "CLIENT, nobody",
  "CLIENT, malformed user",
  "another scope",
  "no version",
];
/** The columns of a route's table, by the number of ids in its path. */
const TARGETS = [["all"], KINDS, KINDS.flatMap((user) => KINDS.map((its) => `${user} / ${its}`))];
const CHANGES_ITS_JOB = ["DELETE /jobs/{jobId}", "POST /jobs/{jobId}/resume", "POST /jobs/{jobId}/mfa"];
const methodsOf = (wanted: string) =>
  PATHS.filter(({ path, reply }) => path === wanted && reply !== "405")
    .map(({ method }) => method)
    .join(", ");
const nameOf = ({ route, credential, target, body = "" }: Cell) =>
  [route, credential, target, body].filter((part) => part !== "").join(" | ");

/** Sends the request of a cell. */
async function walk(cell: Cell): Promise<Answered> {
  const { asked, jobId } = await accessRequest(world, cell);
  const answered = await ask(reached(), asked);
  const isReached = jobId !== undefined && answered.status < 400;
  if (isReached && CHANGES_ITS_JOB.includes(cell.route)) await world.finish(jobId);
  const made = answered.status === 201 ? webhookWithSecretReply.safeParse(answered.json).data?.id : undefined;
  const deleted = answered.status === 204 ? asked.path.split("/").at(-1) : undefined;
  for (const id of [made, deleted]) if (id !== undefined) await world.removeWebhook(id);
  return answered;
}

/** The replies to all cells, by the names of the cells. */
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

/** Where another user's thing is refused, a thing that does not exist gets the same bytes. */
function expectNothingRevealed(cells: readonly Cell[], answers: ReadonlyMap<string, Answered>): void {
  const refused = cells.filter(({ target, reply }) => target.includes("other's") && REFUSALS.has(reply));
  for (const cell of refused) {
    const unknown = answers.get(nameOf({ ...cell, target: cell.target.replaceAll("other's", "unknown") }));
    expect(unknown?.bytes, nameOf(cell)).toBeDefined();
    expect(answers.get(nameOf(cell))?.bytes, nameOf(cell)).toBe(unknown?.bytes);
  }
}

describe("the page", () => {
  const namesOf = (paths: typeof PATHS) => paths.map(({ method, path }) => `${method} ${path}`);

  test("has every route, and no other", () => {
    const passed = ROUTE_NAMES.filter(isPassed).map((name) => `${ROUTES[name].method} ${ROUTES[name].path}`);
    const pages = ROUTE_NAMES.filter(isPage).map((name) => `${ROUTES[name].method} ${ROUTES[name].path}`);
    expect(namesOf(PAGES).toSorted()).toEqual(pages.toSorted());
    const routes = ROUTE_NAMES.filter((name) => !isPassed(name) && !isPage(name)).flatMap((name) =>
      methodsOfRoute(name).map((method) => `${method} ${ROUTES[name].path}`),
    );
    expect([...SUCCESSES.keys()].toSorted()).toEqual(routes.toSorted());
    const others = namesOf(PATHS.filter(({ reply }) => reply === "yes"));
    expect([...CELLS.keys(), ...others].toSorted()).toEqual(routes.toSorted());
    const above = namesOf(PATHS.filter(({ reply }) => reply === "above"));
    expect(above.toSorted()).toEqual([...CELLS.keys()].toSorted());
    expect(namesOf(PATHS.filter(({ reply }) => reply === "passed")).toSorted()).toEqual(passed.toSorted());
  });

  test("has every target once in every row, and every credential in every table", () => {
    for (const [route, cells] of CELLS) {
      const ofRoute = route === "POST /token" ? OF_TOKENS : TARGETS[route.split("/{").length - 1];
      const targets = ofRoute?.toSorted();
      const rows = Map.groupBy(cells, (cell) => cell.credential);
      for (const [credential, row] of rows) {
        expect(row.map(({ target }) => target).toSorted(), `${route} | ${credential}`).toEqual(targets);
      }
      expect(
        CREDENTIALS.filter((name) => !rows.has(name)),
        route,
      ).toEqual([]);
    }
  });

  test("has no fewer cells than before", () => {
    expect(CREDENTIALS).toHaveLength(14);
    expect([...CELLS.values()].flat().length).toBeGreaterThanOrEqual(1_318);
    expect(PATHS.length).toBeGreaterThanOrEqual(342);
    expect(ORDER.length).toBeGreaterThanOrEqual(28);
    expect(REFUSALS.size).toBeGreaterThanOrEqual(12);
  });

  const TABLE = ["| A | B |", "| - | --- |", "| 1 | 2 |", "| 3 | |"];
  const pageOf = (...lines: string[]) => ["# Page", "", "Words.", "", ...lines, "", "## End", ""].join("\n");

  test("is read with its empty cells", () => {
    expect(tableIn(sectionsOf(pageOf(...TABLE)).get("Page") ?? "", "A")).toMatchObject({
      columns: ["B"],
      rows: [
        ["1", "2"],
        ["3", ""],
      ],
    });
  });

  test.each([
    ["a blank line between rows", [...TABLE, "", "| 3 | 4 |", "| 5 | 6 |"], /Rows of no table: 3/],
    ["a cell too many", [...TABLE, "| 5 | 6 | 7 |"], /Not as wide as its table: 5/],
    ["a cell too few", [...TABLE, "| 5 |"], /Not as wide as its table: 5/],
    ["a table without a rule", ["| A | B |", "| 1 | 2 |"], /Rows of no table: A/],
    ["a row without its end", [...TABLE, "| 5 | 6"], /Half a row: \| 5/],
    ["two sections of one name", ["## Two", "", "## Two"], /Named twice/],
  ])("is not read with %s", (_, lines, error) => {
    expect(() => sectionsOf(pageOf(...lines))).toThrow(error);
  });

  test("is not read where a name is ambiguous", () => {
    expect(() => tableIn(pageOf(...TABLE, "", ...TABLE), "A")).toThrow(/No table of "A", or two/);
    expect(() =>
      byName([
        ["GET /", 1],
        ["GET /", 2],
      ]),
    ).toThrow(/Named twice/);
  });
});

test.each([...CELLS])(
  "%s replies as the page says, and reveals nothing of another user",
  async (_, cells) => {
    const answers = await walkAll(cells);
    expectAsWritten(cells, answers);
    expectNothingRevealed(cells, answers);
  },
);

test("a request with several faults is refused for the first fault that the page names", async () => {
  const answers = await walkAll(ORDER);
  expectAsWritten(ORDER, answers);
  expectNothingRevealed(ORDER, answers);
});

test.each(CREDENTIALS)(
  "every path replies to every method as the page says, and names its methods, with the credential: %s",
  async (credential) => {
    const seen: string[] = [];
    const wanted: string[] = [];
    for (const { method, path, reply } of OTHER_PATHS) {
      const at = path
        .replace("{userId}", world.userOf("own"))
        .replace("{connectionId}", world.connectionOf("own"))
        .replace("{jobId}", await world.queuedJob("own"))
        .replace("{eventId}", world.eventOf("own"))
        .replace("{webhookId}", (await world.webhookOf("own")).id)
        .replace("{messageId}", (await world.webhookOf("own")).messageId)
        .replace("{eventTypeId}", "job.created");
      const headers = credentialOf(world, credential);
      const answered = await ask(reached(), { method, path: at, headers });
      seen.push(`${method} ${path}: ${inWords(`${method} ${path}`, answered)}, ${answered.allow}`);
      wanted.push(`${method} ${path}: ${reply}, ${reply === "405" ? methodsOf(path) : ""}`);
    }
    expect(seen).toEqual(wanted);
  },
);

test.each(CREDENTIALS)(
  "a page reads no token, and shows the same with the credential: %s",
  async (credential) => {
    const shown = async ({ method, path }: (typeof PAGES)[number], headers: Record<string, string>) => {
      const at = path.replace("{linkId}", "A".repeat(22));
      const response = await fetch(`${reached().apiUrl}${at}`, { method, headers });
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      return [response.status, (await response.text()).replace(/[0-9a-f-]{36}/, "")];
    };
    for (const one of PAGES) {
      expect(await shown(one, credentialOf(world, credential))).toEqual(await shown(one, {}));
    }
  },
);

const REFUSED = [401, "invalid-authorization-token", [undefined]];
const now = () => Math.floor(Date.now() / 1000);
const client = (userid: unknown) => ({ ...serverClaims(), scope: "CLIENT_ACCESS", userid });
const makeTokens = async () => tokenMaker((await deployedParts()).signingKeyId);
const listJobs = (headers: Record<string, string>, query = "") =>
  backend.send("GET", `/users/${backend.userId}/jobs${query}`, { headers });

/** By a route of a user and by a route of a job. */
async function expectRefused(authorization: string): Promise<void> {
  const headers = { authorization };
  expect(refusal(await listJobs(headers))).toEqual(REFUSED);
  expect(refusal(await backend.send("GET", `/jobs/${randomUUID()}`, { headers }))).toEqual(REFUSED);
}

describe("a token with our signature is refused", () => {
  test.each<[string, () => unknown]>([
    ["has no end", () => ({ ...serverClaims(), exp: undefined })],
    ["has a string as its end", () => ({ ...serverClaims(), exp: String(now() + 3600) })],
    ["has null as its end", () => ({ ...serverClaims(), exp: null })],
    ["begins in an hour", () => ({ ...serverClaims(), nbf: now() + 3600 })],
    ["has a string as its beginning", () => ({ ...serverClaims(), nbf: String(now()) })],
    ["has no scope", () => ({ ...serverClaims(), scope: undefined })],
    ["has a scope of another name", () => ({ ...serverClaims(), scope: "ADMIN_ACCESS" })],
    ["has a scope in small letters", () => ({ ...serverClaims(), scope: "server_access" })],
    ["has a list of scopes", () => ({ ...serverClaims(), scope: ["SERVER_ACCESS"] })],
    ["has an unknown version", () => ({ ...serverClaims(), version: "4.0" })],
    ["is for a number", () => client(1)],
    ["is for null", () => client(null)],
    ["is for a list of users", () => client([backend.userId])],
    ["is for an object", () => client({ id: backend.userId })],
    ["is for everybody", () => client("*")],
    ["is for an empty name", () => client("")],
    ["is for a path", () => client(`${backend.userId}/connections`)],
    ["is for another path", () => client(`../${backend.userId}`)],
    ["is for a name with a line break", () => client(`${backend.userId}\n`)],
    ["is for a name of 65 letters", () => client("a".repeat(65))],
    ["holds a list", () => [serverClaims()]],
    ["holds a word", () => "SERVER_ACCESS"],
    ["is empty", () => ({})],
  ])("when it %s", async (_, claims) => {
    await expectRefused(`Bearer ${await (await makeTokens()).signed(claims())}`);
  });

  test.each<[string, object]>([
    ["is of another type", { alg: "ES256", typ: "at+jwt" }],
    ["is of no type", { alg: "ES256" }],
    ["has an unknown critical field", { alg: "ES256", typ: "JWT", crit: ["x"], x: 1 }],
    ["has an unencoded payload", { alg: "ES256", typ: "JWT", crit: ["b64"], b64: false }],
    ["names another algorithm", { alg: "ES384", typ: "JWT" }],
    ["names no algorithm", { typ: "JWT" }],
  ])("when it %s", async (_, header) => {
    await expectRefused(`Bearer ${await (await makeTokens()).signed(serverClaims(), header)}`);
  });
});

test("a token with our signature is accepted, but for its own user only", async () => {
  const tokens = await makeTokens();
  expect((await listJobs({ authorization: `Bearer ${await tokens.signed(serverClaims())}` })).status).toBe(
    200,
  );
  const bound = await tokens.signed({ ...serverClaims(), userid: "somebody-else" });
  const refused = await listJobs({ authorization: `Bearer ${bound}` });
  expect(refusal(refused)).toEqual([401, "unauthorized-access", [undefined]]);
});

test("a token of another key is refused whatever key its header names, and no key is fetched", async () => {
  let fetched = 0;
  const keys = await listenLocally(
    createServer((_, response) => {
      fetched++;
      response.end("{}");
    }),
  );
  const jwk = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  for (const header of [
    { jwk },
    { jku: `${keys.url}/keys` },
    { x5u: `${keys.url}/certificate` },
    { x5c: [(await (await makeTokens()).publicKey()).toString("base64")] },
    { kid: (await deployedParts()).signingKeyId },
    { kid: "../../../../dev/null" },
    { kid: "' OR 1=1 --" },
  ]) {
    const token = signedByAnother(serverClaims(), { alg: "ES256", typ: "JWT", ...header });
    await expectRefused(`Bearer ${token}`);
  }
  await keys.close();
  expect(fetched).toBe(0);
});

describe("a good token is refused", () => {
  test.each<[string, (token: string) => string]>([
    ["after no scheme", (token) => token],
    ["after the scheme of API keys", (token) => `Basic ${token}`],
    ["after another scheme", (token) => `Token ${token}`],
    ["that a second one follows", (token) => `Bearer ${token} ${token}`],
    ["that a comma and a second one follow", (token) => `Bearer ${token}, Bearer ${token}`],
    ["that a comma follows", (token) => `Bearer ${token},`],
    ["in quotes", (token) => `Bearer "${token}"`],
    ["with a fourth part", (token) => `Bearer ${token}.${encoded({})}`],
    ["without its last letters", (token) => `Bearer ${token.slice(0, -4)}`],
    ["before 9,000 letters", (token) => `Bearer ${token}${"A".repeat(9_000)}`],
  ])("%s", async (_, authorization) => {
    await expectRefused(authorization(serverToken));
  });

  test("in the query or in another header", async () => {
    for (const name of ["access_token", "token", "Authorization"]) {
      expect(refusal(await listJobs({}, `?${name}=${serverToken}`))).toEqual(REFUSED);
    }
    for (const name of ["x-authorization", "proxy-authorization", "x-access-token", "cookie"]) {
      expect(refusal(await listJobs({ [name]: `Bearer ${serverToken}` }))).toEqual(REFUSED);
    }
  });
});

test.each(["bearer", "BEARER"])("a good token after '%s' is accepted", async (scheme) => {
  expect((await listJobs({ authorization: `${scheme} ${serverToken}` })).status).toBe(200);
});

test("a token has the claims that web clients decode", async () => {
  const token = await backend.token({ scope: "CLIENT_ACCESS", userId: "ea3a81" });
  const payload = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  expect(payload).toMatchObject({ scope: "CLIENT_ACCESS", userid: "ea3a81", version: "3.0" });
  expect(payload.exp - payload.iat).toBe(3600);
});
