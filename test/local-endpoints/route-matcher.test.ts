import { describe, expect, test } from "vitest";
import { ROUTES } from "../../functions/routes.ts";
import { routeMatcher } from "../../infra/local/route-matcher.ts";

const routes = [
  ...Object.entries(ROUTES).map(([name, { method, path }]) => ({
    routeKey: `${method} ${path}`,
    functionArn: name,
  })),
  { routeKey: "$default", functionArn: "refuse" },
];

const CALLS: readonly [request: string, name: string, parameters: object][] = [
  ["POST /token", "issue-token", {}],
  ["POST /users/u/connections", "create-connection", { userId: "u" }],
  ["POST /users/u/connections/refresh", "refresh-connections", { userId: "u" }],
  ["POST /users/u/connections/c", "update-connection", { userId: "u", connectionId: "c" }],
  ["POST /users/u/connections/c/refresh", "refresh-connection", { userId: "u", connectionId: "c" }],
  [
    "POST /users/u/connections/refresh/refresh",
    "refresh-connection",
    { userId: "u", connectionId: "refresh" },
  ],
  ["POST /users/u/connections/Refresh", "update-connection", { userId: "u", connectionId: "Refresh" }],
  ["POST /users/u/connections/a%2Fb", "update-connection", { userId: "u", connectionId: "a/b" }],
  ["GET /users/u/jobs", "list-jobs", { userId: "u" }],
  ["GET /jobs/j", "get-job", { jobId: "j" }],
  ["DELETE /jobs/j", "cancel-job", { jobId: "j" }],
  ["POST /jobs/j/resume", "resume-job", { jobId: "j" }],
  ["POST /jobs/j/mfa", "answer-mfa", { jobId: "j" }],
  ["GET /health", "health", {}],
];

describe.each([
  ["as they are listed", routes],
  ["the other way round", routes.toReversed()],
])("with the routes %s", (_, ordered) => {
  const match = routeMatcher(ordered);
  const matched = (request: string) => {
    const [method = "", path = ""] = request.split(" ");
    return match(method, path);
  };

  test.each(CALLS)("%s is %s", (request, functionArn, parameters) => {
    expect(matched(request)).toMatchObject({ functionArn, parameters });
  });

  test.each([
    "GET /users/u/connections/refresh",
    "DELETE /users/u/connections/refresh",
    "HEAD /jobs/j",
    "HEAD /health",
    "PUT /jobs/j",
    "DELETE /jobs/j/resume",
    "POST /users//connections/refresh",
    "POST /users/u/connections//refresh",
    "POST /users/u/connections/c/refresh/",
    "GET /",
  ])("%s is nobody's, and goes to the catch-all", (request) => {
    expect(matched(request)).toEqual({ routeKey: "$default", functionArn: "refuse", parameters: {} });
  });
});

test("the calls above go through every route", () => {
  expect(new Set(CALLS.map(([, name]) => name))).toEqual(new Set(Object.keys(ROUTES)));
});

test("without a catch-all nothing is found", () => {
  expect(routeMatcher(routes.slice(0, 1))("GET", "/jobs/j")).toBeUndefined();
});
