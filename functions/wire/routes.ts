/** The routes of our API, by the entry that serves each. Infrastructure and the catch-all read this one list. */
export const ROUTES = {
  "issue-token": { method: "POST", path: "/token" },
  "create-connection": { method: "POST", path: "/users/{userId}/connections" },
  "get-job": { method: "GET", path: "/jobs/{jobId}" },
  "answer-mfa": { method: "POST", path: "/jobs/{jobId}/mfa" },
  health: { method: "GET", path: "/health" },
} as const;

/** The methods of the routes whose path this is; none for a path that no route has. */
export function methodsOf(path: string): string[] {
  return Object.values(ROUTES)
    .filter((route) => patternOf(route.path).test(path))
    .map((route) => route.method);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
