import type { LocalRoute } from "./template/deployed.ts";

export interface Matched {
  routeKey: string;
  functionArn: string;
  /** The parameters of the path, decoded. */
  parameters: Record<string, string>;
}

/** Finds the route of a request as an HTTP API does: by method and path, otherwise `$default`. */
export function routeMatcher(routes: readonly LocalRoute[]) {
  const patterns = routes
    .map((route) => {
      const [method = "", path = ""] = route.routeKey.split(" ");
      return { ...route, method, segments: path.split("/") };
    })
    .toSorted((a, b) => variablesIn(a.segments) - variablesIn(b.segments));
  const fallback = routes.find(({ routeKey }) => routeKey === "$default");

  return (method: string, path: string): Matched | undefined => {
    const segments = path.split("/");
    for (const pattern of patterns) {
      const parameters = pattern.method === method ? parametersIn(pattern.segments, segments) : undefined;
      if (parameters !== undefined) {
        return { routeKey: pattern.routeKey, functionArn: pattern.functionArn, parameters };
      }
    }
    return fallback && { ...fallback, parameters: {} };
  };
}

/** If several routes match, the route with the fewest variables wins. */
function variablesIn(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith("{")).length;
}

function parametersIn(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const greedy = /^\{(\w+)\+\}$/.exec(pattern.at(-1) ?? "")?.[1];
  if (greedy !== undefined) return greedyParameters(greedy, pattern, segments);
  if (pattern.length !== segments.length) return undefined;
  const parameters: [string, string][] = [];
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== segment) return undefined;
    if (name !== undefined && segment === "") return undefined;
    if (name !== undefined) parameters.push([name, decode(segment)]);
  }
  return Object.fromEntries(parameters);
}

/** Matches a last segment such as `{proxy+}`, which takes all that is left of the path. */
function greedyParameters(
  name: string,
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const fixed = pattern.slice(0, -1);
  const rest = segments.slice(fixed.length).join("/");
  const before = parametersIn(fixed, segments.slice(0, fixed.length));
  return before === undefined || rest === "" ? undefined : { ...before, [name]: decode(rest) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
