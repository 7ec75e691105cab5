/**
 * The routes of our API, by the entry that serves each route, with the folder of that entry. Infrastructure, the
 * catch-all route and the tests read this table.
 */
export const ROUTES = {
  "issue-token": { method: "POST", path: "/token", room: "access" },
  "create-connection": { method: "POST", path: "/users/{userId}/connections", room: "jobs/api" },
  "update-connection": {
    method: "POST",
    path: "/users/{userId}/connections/{connectionId}",
    room: "jobs/api",
  },
  "refresh-connection": {
    method: "POST",
    path: "/users/{userId}/connections/{connectionId}/refresh",
    room: "jobs/api",
  },
  "refresh-connections": { method: "POST", path: "/users/{userId}/connections/refresh", room: "jobs/api" },
  "list-jobs": { method: "GET", path: "/users/{userId}/jobs", room: "jobs/api" },
  "get-job": { method: "GET", path: "/jobs/{jobId}", room: "jobs/api" },
  "cancel-job": { method: "DELETE", path: "/jobs/{jobId}", room: "jobs/api" },
  "resume-job": { method: "POST", path: "/jobs/{jobId}/resume", room: "jobs/api" },
  "answer-mfa": { method: "POST", path: "/jobs/{jobId}/mfa", room: "jobs/api" },
  health: { method: "GET", path: "/health", room: "http" },
} as const;

/** Monitors ask for the health of the API with `HEAD`. */
const ROUTES_WITH_HEAD: readonly (keyof typeof ROUTES)[] = ["health"];

export const ROUTE_NAMES = namesOf(ROUTES);

function namesOf<Name extends string>(routes: { readonly [name in Name]: unknown }): Name[] {
  const names: Name[] = [];
  for (const name in routes) names.push(name);
  return names;
}

/** Returns the source file of the function that serves a route, relative to the project's root. */
export function entryOf(name: keyof typeof ROUTES): string {
  return `functions/${ROUTES[name].room}/${name}.lambda.ts`;
}

/** The entry that refuses all requests that match no route. */
export const REFUSE_ENTRY = "functions/http/refuse.lambda.ts";

/** Returns the methods of the routes that match a path; empty if no route matches. */
export function methodsOf(path: string): string[] {
  const fitting = ROUTE_NAMES.filter((name) => patternOf(ROUTES[name].path).test(path));
  return [...new Set(fitting.flatMap(methodsOfRoute))];
}

export function methodsOfRoute(name: keyof typeof ROUTES): ("GET" | "POST" | "DELETE" | "HEAD")[] {
  return ROUTES_WITH_HEAD.includes(name) ? [ROUTES[name].method, "HEAD"] : [ROUTES[name].method];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
