import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { PASSED_ROUTES, type PassedRoute } from "../../../functions/pass-through/routes.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { target } from "../../journeys/target.ts";
import { CREDENTIALS, PASSED_CELLS, PASSED_ROWS } from "./page.ts";
import { accessCredentials, deployedParts, tokenMaker } from "./tokens.ts";
import { ask, inWords } from "./world.ts";

const reached = target();
let backend: MobileBackend;
let credentials: ReadonlyMap<string, string | undefined>;
const others = randomUUID();

/** What the aggregator replies to every request that reaches it. */
const REACHED = { type: "reached", id: "reached" };
const BEGINNINGS = ["/users", "/institutions", "/connectors", "/public", "/enrich"];

beforeAll(async () => {
  backend = new MobileBackend(reached());
  const owners = { own: backend.userId, stranger: randomUUID() };
  credentials = await accessCredentials(backend, tokenMaker((await deployedParts()).signingKeyId), owners);
  const answer = { times: 100_000, do: { status: 200, body: JSON.stringify(REACHED) } };
  await backend.faults(
    ["GET", "POST", "DELETE"].flatMap((method) =>
      BEGINNINGS.flatMap((path) => [path, `${path}/*`].map((each) => ({ method, path: each, ...answer }))),
    ),
  );
});

const VERSIONS = { all: "all", "2": "2.0 and 2.1", "3": "3.0" };
const nameOf = ({ method, path }: PassedRoute) => `${method} ${path}`;

test("The page lists every route that passes, and no other", () => {
  const routes = Object.values<PassedRoute>(PASSED_ROUTES);
  expect(PASSED_ROWS).toEqual(
    routes.map((route) => [nameOf(route), route.callers, VERSIONS[route.versions]]),
  );
  expect([...PASSED_CELLS.keys()]).toEqual(CREDENTIALS);
});

const users = () => ({
  own: backend.userId,
  "other's": others,
  unknown: randomUUID(),
  malformed: "not.an.id",
});

function withStatement(headers: Record<string, string>) {
  const parts = ['name="institutionId"\r\n\r\nAU00002', 'name="statement"; filename="a.pdf"\r\n\r\n%PDF-'];
  const body = parts.map((part) => `--b\r\ncontent-disposition: form-data; ${part}\r\n`).join("");
  return { headers: { ...headers, "content-type": "multipart/form-data; boundary=b" }, body: `${body}--b--` };
}

/** What a credential gets from a route, by the user in its path. */
async function repliesOf(route: PassedRoute, credential: string): Promise<[string, string][]> {
  const hasUser = route.path.includes("{userId}");
  const targets: [string, string][] = hasUser ? Object.entries(users()) : [["no user", ""]];
  const authorization = credentials.get(credential);
  const replies: [string, string][] = [];
  for (const [target, userId] of targets) {
    const path = route.path.replace("{userId}", userId).replaceAll(/\{\w+\}/g, "s55bf3");
    const headers = authorization === undefined ? {} : { authorization };
    const asked = { method: route.method, path, headers, isMadeUp: true } as const;
    const isStatement = route.entry === "create-statement";
    const answered = await ask(reached(), isStatement ? { ...asked, ...withStatement(headers) } : asked);
    const isPassed = answered.status === 200 && JSON.stringify(answered.json) === JSON.stringify(REACHED);
    // The job that the aggregator names has become ours.
    const isReached = isStatement ? answered.status === 202 : isPassed;
    replies.push([`${route.callers}: ${target}`, isReached ? "yes" : inWords("", answered)]);
  }
  return replies;
}

/** The erasure is last: it would change what the other routes reply. */
const ROUTES = Object.values<PassedRoute>(PASSED_ROUTES).toSorted(
  (a, b) => Number(a.entry === "erase-user") - Number(b.entry === "erase-user"),
);

test.each(ROUTES.map((route) => [nameOf(route), route] as const))(
  "%s replies to every credential as the page says",
  async (_, route) => {
    for (const credential of CREDENTIALS) {
      const replies = await repliesOf(route, credential);
      const wanted = replies.map(([column]) => [
        column,
        route.versions === "3" ? "404" : PASSED_CELLS.get(credential)?.get(column),
      ]);
      expect(replies, credential).toEqual(wanted);
    }
  },
);

test("A malformed id of another thing is a 404 that does not reach the aggregator", async () => {
  const authorization = credentials.get("SERVER") ?? "";
  for (const id of ["..", "%2e%2e", "a%2Fb", "%0d%0aX:1", "a%20b"]) {
    const path = `/users/${others}x/accounts/${id}`;
    expect([
      id,
      inWords("", await ask(reached(), { method: "GET", path, headers: { authorization } })),
    ]).toEqual([id, "404"]);
  }
});
