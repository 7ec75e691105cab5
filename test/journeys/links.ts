import { methodsOf } from "../../functions/routes.ts";

/** A link of a reply that leads to our API. */
export interface Link {
  /** The field that holds it. */
  name: string;
  method: "GET" | "POST" | "DELETE";
  /** With the query. */
  path: string;
}

/** All links of a reply that lead to our API: whole addresses, and the paths in the results of a job's steps. */
export function linksOf(json: unknown, apiUrl: string, name = ""): Link[] {
  if (typeof json === "string") {
    const isOurs = json.startsWith(`${apiUrl}/`);
    if (!isOurs && !(name === "url" && /^\/\w/.test(json))) return [];
    const path = isOurs ? json.slice(apiUrl.length) : json;
    return [{ name, method: methodOf(name, path), path }];
  }
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([field, value]) =>
    linksOf(value, apiUrl, Array.isArray(json) ? name : field),
  );
}

/** Only the link to which an answer is posted, and that of a consent, as published, lead to no `GET`. */
function methodOf(name: string, path: string): Link["method"] {
  if (name === "response") return "POST";
  return /\/consents\/[^/]+$/.test(path) ? "DELETE" : "GET";
}

/** Links whose ids alone differ are of one kind. */
export function kindOf({ name, method, path }: Link): string {
  return `${method} ${path.replaceAll(/[\w-]*\d[\w-]*/g, "*")} ${name}`;
}

const served = new Map<string, boolean>();

/** Throws if a reply has a link to our API that no route serves. */
export function expectLinksOfRoutes(json: unknown, apiUrl: string): void {
  const lost = linksOf(json, apiUrl).filter((link) => {
    const kind = kindOf(link);
    const isServed = served.get(kind) ?? isRoute(link);
    served.set(kind, isServed);
    return !isServed;
  });
  if (lost.length > 0) throw new Error(`Links that lead to no route: ${JSON.stringify(lost)}`);
}

function isRoute({ method, path }: Link): boolean {
  const [plain = ""] = path.split("?");
  return methodsOf(plain).includes(method);
}
