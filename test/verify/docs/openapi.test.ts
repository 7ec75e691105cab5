import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { pageText } from "../../../docs/api-page.ts";
import { DOCUMENT_FILE, documentText, writtenDocument, writtenPage } from "../../../docs/openapi-document.ts";
import { isPage, methodsOfRoute, ROUTE_NAMES, ROUTES } from "../../../functions/routes.ts";
import { textOf } from "../../docs/pages.ts";
import { expectDescribed } from "../../support/described-reply.ts";
import {
  CELLS,
  CREDENTIALS as CREDENTIALS_OF_PAGE,
  PASSED_CELLS,
  PASSED_ROWS,
  PATHS,
} from "../access/page.ts";

const document = writtenDocument();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    route: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);

test("docs/openapi.json is what the routes, the schemas and the examples say", () => {
  expect(textOf(DOCUMENT_FILE) === documentText(), "Run `npx node docs/generate-openapi.ts`.").toBe(true);
});

test("The generated parts of docs/api.md are what the document says", () => {
  expect(
    pageText(writtenPage(), document) === writtenPage(),
    "Run `npx node docs/generate-openapi.ts`.",
  ).toBe(true);
});

test("The document has every route, and no other", () => {
  const routes = ROUTE_NAMES.filter((name) => !isPage(name)).flatMap((name) =>
    methodsOfRoute(name).map((method) => `${method} ${ROUTES[name].path}`),
  );
  expect(operations.map(({ route }) => route).toSorted()).toEqual(routes.toSorted());
});

describe("security", () => {
  /** The credentials of the page that are those of the document. Every other credential is refused. */
  const CREDENTIALS = new Map([
    ["API key", "apiKey"],
    ["SERVER", "token SERVER_ACCESS"],
    ["CLIENT of the owner", "token CLIENT_ACCESS"],
  ]);
  const passed = new Map(PASSED_ROWS.map(([route = "", callers = ""]) => [route, callers]));
  const open = PATHS.filter(({ reply }) => reply === "yes").map(({ method, path }) => `${method} ${path}`);

  /** Returns the credentials with which a call about what the caller owns succeeds. */
  const credentialsFor = (route: string): string[] => {
    const callers = passed.get(route);
    if (callers === undefined) {
      const cells = (CELLS.get(route) ?? []).filter(({ target }) =>
        /^(own|own \/ own|SERVER|all)$/.test(target),
      );
      const found = cells.filter(({ reply }) => reply === "yes").map(({ credential }) => credential);
      return open.includes(route) ? [...CREDENTIALS_OF_PAGE] : found;
    }
    const column = `${callers}: ${route.includes("{userId}") ? "own" : "no user"}`;
    return CREDENTIALS_OF_PAGE.filter((name) => PASSED_CELLS.get(name)?.get(column) === "yes");
  };

  test.each(operations)(
    "$route takes the credentials that docs/reference/access.md shows",
    ({ route, operation }) => {
      const callers = operation.security.flatMap((each) =>
        Object.entries(each).map(([scheme, roles]) => [scheme, ...roles].join(" ")),
      );
      const credentials = credentialsFor(route);
      const named = credentials.flatMap((name) => CREDENTIALS.get(name) ?? []);
      expect(callers.toSorted()).toEqual(credentials.includes("no token") ? [] : named.toSorted());
    },
  );
});

test("The linter finds nothing in the document", async () => {
  const redocly = fileURLToPath(new URL("../../../node_modules/@redocly/cli/bin/cli.js", import.meta.url));
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [redocly, "lint", "--format=json", DOCUMENT_FILE],
    { env, cwd: fileURLToPath(new URL("../../../", import.meta.url)) },
  );
  expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0 }, problems: [] });
});

describe("a reply", () => {
  const JOB_PATH = "/jobs/495f2c0f-094d-4ace-a04f-8fffa6aed192";
  const stub = {
    type: "job",
    id: "495f2c0f-094d-4ace-a04f-8fffa6aed192",
    links: { self: "http://127.0.0.1:3000/jobs/a" },
  };
  const refused = { type: "list", correlationId: stub.id, data: [{ type: "error", code: "a", title: "A" }] };

  test.each<[string, string, string, number, unknown]>([
    ["a stub", "DELETE", JOB_PATH, 202, stub],
    ["an error of a shared response", "GET", JOB_PATH, 404, refused],
    ["an error of the aggregator with a status of its own", "GET", "/users/a", 418, refused],
    ["an error on an unknown path", "GET", "/unknown", 404, refused],
    ["no body with a 204", "DELETE", "/users/a", 204, undefined],
  ])("is as the document describes it: %s", (_, method, path, status, json) => {
    expect(() => expectDescribed(method, path, status, json)).not.toThrow();
  });

  test.each<[string, string, string, number, unknown]>([
    ["a missing field", "DELETE", JOB_PATH, 202, { ...stub, id: undefined }],
    ["a field of another type", "DELETE", JOB_PATH, 202, { ...stub, links: [] }],
    ["a status that the call does not have", "DELETE", JOB_PATH, 200, stub],
    ["an error without its list", "GET", JOB_PATH, 404, { message: "Not Found" }],
    ["an unknown path with another error", "GET", "/unknown", 404, { message: "Not Found" }],
    ["a body with a 204", "DELETE", "/users/a", 204, {}],
  ])("is not as the document describes it: %s", (_, method, path, status, json) => {
    expect(() => expectDescribed(method, path, status, json)).toThrow(/docs\/openapi\.json/);
  });
});
