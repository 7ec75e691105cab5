/** The routes of our API, by the entry that serves each. Infrastructure and the catch-all read this one list. */
export const ROUTES = {
  "issue-token": { method: "POST", path: "/token" },
  "create-connection": { method: "POST", path: "/users/{userId}/connections" },
  "update-connection": { method: "POST", path: "/users/{userId}/connections/{connectionId}" },
  "refresh-connection": { method: "POST", path: "/users/{userId}/connections/{connectionId}/refresh" },
  "refresh-connections": { method: "POST", path: "/users/{userId}/connections/refresh" },
  "list-jobs": { method: "GET", path: "/users/{userId}/jobs" },
  "get-job": { method: "GET", path: "/jobs/{jobId}" },
  "cancel-job": { method: "DELETE", path: "/jobs/{jobId}" },
  "resume-job": { method: "POST", path: "/jobs/{jobId}/resume" },
  "answer-mfa": { method: "POST", path: "/jobs/{jobId}/mfa" },
  health: { method: "GET", path: "/health" },
} as const;

export const ROUTE_NAMES = namesOf(ROUTES);

function namesOf<Name extends string>(routes: { readonly [name in Name]: unknown }): Name[] {
  const names: Name[] = [];
  for (const name in routes) names.push(name);
  return names;
}

/** The methods of the routes whose path this is; none for a path that no route has. */
export function methodsOf(path: string): string[] {
  const fitting = Object.values(ROUTES).filter((route) => patternOf(route.path).test(path));
  return [...new Set(fitting.map((route) => route.method))];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
