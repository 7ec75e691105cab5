import { oddBody } from "./odd-bodies.ts";
import { changeHeader, type Headers } from "./odd-headers.ts";
import { escaped, oddQuery } from "./odd-queries.ts";
import { oddId } from "./odd-texts.ts";
import type { Random } from "./random.ts";
import type { RouteName, ValidRequest } from "./valid-requests.ts";

/** A request of no client, as API Gateway hands it on. It can be written into a file and sent again. */
export interface HostileRequest {
  route: RouteName;
  /** In all that is not of the valid request; no reply and no line of a log may hold it. */
  mark: string;
  method: string;
  /** As it goes over the network. */
  path: string;
  parameters: { [name: string]: string };
  query: string;
  headers: Headers;
  /** In base64. */
  body: string | undefined;
}

const METHODS = ["GET", "HEAD", "OPTIONS", "PATCH", "PUT", "TRACE", "__proto__", "get"];

/** Each costs a row that is written and removed again. */
const SHARE_OF_KEYS = 0.02;

/** A valid request with one to three things wrong with it. `token` is what a client would authorize itself by. */
export function hostileRequest(
  random: Random,
  mark: string,
  valid: ValidRequest,
  token: string,
): HostileRequest {
  const parameters = { ...valid.parameters };
  const scheme = valid.route === "issue-token" ? "Basic" : "Bearer";
  let headers: Headers = { authorization: `${scheme} ${token}`, ...valid.headers, "x-mark": mark };
  if (random.chance(SHARE_OF_KEYS)) headers["idempotency-key"] = `key-${mark}`;
  let query = new URLSearchParams(valid.query).toString();
  let body = bytesOf(valid.body);
  let { method } = valid;

  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const kind = random.below(10);
    const names = Object.keys(parameters);
    if (kind < 5 && valid.body !== undefined) body = oddBytes(random, mark, valid.body);
    else if (kind < 7 && names.length > 0) {
      const name = random.pick(names);
      parameters[name] = oddId(random, mark, valid.parameters[name] ?? "");
    } else if (kind === 7) query = oddQuery(random, mark, valid.query);
    else if (kind === 8 && valid.route === "refuse") method = random.pick(METHODS);
    else headers = changeHeader(random, mark, headers, token);
  }
  if (body === undefined && random.chance(0.2)) body = oddBody(random, mark, { [mark]: [mark] });
  const path = valid.path.replaceAll(/\{(\w+)\}/g, (_, name) => inPath(random, parameters[name] ?? ""));
  return {
    route: valid.route,
    mark,
    method,
    path,
    parameters,
    query,
    headers,
    body: body?.toString("base64"),
  };
}

/** What has slashes would be another route. */
function inPath(random: Random, value: string): string {
  return escaped(random, value).replaceAll("/", "%2F");
}

function bytesOf(body: ValidRequest["body"]): Buffer | undefined {
  if (body === undefined) return undefined;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

function oddBytes(random: Random, mark: string, body: object | string): Buffer {
  if (typeof body === "object") return oddBody(random, mark, body);
  const form = Object.fromEntries(new URLSearchParams(body));
  return random.chance(0.8) ? Buffer.from(oddForm(random, mark, form)) : oddBody(random, mark, form);
}

function oddForm(random: Random, mark: string, form: { [name: string]: string }): string {
  const parts = Object.entries(form).map(
    ([name, value]) => `${name}=${random.chance(0.5) ? escaped(random, oddId(random, mark, value)) : value}`,
  );
  return [...parts, oddQuery(random, mark, form)].join("&");
}
