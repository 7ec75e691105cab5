import { NAMES_OF_PROTOTYPES, oddBody, oddText, type Random } from "./odd-bodies.ts";
import type { RouteName, ValidRequest } from "./valid-requests.ts";

interface Headers {
  [name: string]: string;
}

/** A request that no client sends, as API Gateway passes it on. It can be stored in a file and sent again. */
export interface HostileRequest {
  route: RouteName;
  /** It is in everything that the valid request does not have. No reply and no log line may contain it. */
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

const METHODS = "GET HEAD OPTIONS PATCH PUT TRACE __proto__ get".split(" ");

/** Each writes a row and removes it again. */
const SHARE_OF_KEYS = 0.02;

/** A valid request with one to three faults. `token` is the credential of a client. */
export function hostileRequest(
  random: Random,
  mark: string,
  valid: ValidRequest,
  token: string,
): HostileRequest {
  const { route } = valid;
  const parameters = { ...valid.parameters };
  const scheme = route === "issue-token" ? "Basic" : "Bearer";
  let headers: Headers = { authorization: `${scheme} ${token}`, ...valid.headers, "x-mark": mark };
  if (random.chance(SHARE_OF_KEYS)) headers["idempotency-key"] = `key-${mark}`;
  let query = new URLSearchParams(valid.query).toString();
  const body = typeof valid.body === "object" ? JSON.stringify(valid.body) : valid.body;
  let bytes: Buffer | undefined = body === undefined ? undefined : Buffer.from(body);
  let { method } = valid;

  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const kind = random.below(10);
    const names = Object.keys(parameters);
    if (kind < 5 && valid.body !== undefined) bytes = oddBytes(random, mark, valid.body);
    else if (kind < 7 && names.length > 0) {
      const name = random.pick(names);
      parameters[name] = oddId(random, mark, valid.parameters[name] ?? "");
    } else if (kind === 7) query = oddQuery(random, mark, valid.query);
    else if (kind === 8 && route === "refuse") method = random.pick(METHODS);
    else headers = changeHeader(random, mark, headers, token);
  }
  if (bytes === undefined && random.chance(0.2)) bytes = oddBody(random, mark, { [mark]: [mark] });
  // A slash would make it another route.
  const inPath = (value: string) => escaped(random, value).replaceAll("/", "%2F");
  const path = valid.path.replaceAll(/\{(\w+)\}/g, (_, name) => inPath(parameters[name] ?? ""));
  return { route, mark, method, path, parameters, query, headers, body: bytes?.toString("base64") };
}

function oddBytes(random: Random, mark: string, body: object | string): Buffer {
  if (typeof body === "object") return oddBody(random, mark, body);
  const form = Object.fromEntries(new URLSearchParams(body));
  if (random.chance(0.2)) return oddBody(random, mark, form);
  const fields = Object.entries(form).map(([name, value]) => {
    return `${name}=${random.chance(0.5) ? escaped(random, oddId(random, mark, value)) : value}`;
  });
  return Buffer.from([...fields, oddQuery(random, mark, form)].join("&"));
}

const IDS = [
  "00000000-0000-4000-8000-000000000000",
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF",
  ...". .. - _ refresh 0 -1 १२३ %2e%2e".split(" "),
];

function oddId(random: Random, mark: string, id: string): string {
  const changed = [`${id}\n`, ` ${id}`, `${id}\0`, `${id}/`, `${id}${mark}`, id.toUpperCase()];
  return random.chance(0.3) ? random.pick([...IDS, ...changed]) : oddText(random, mark);
}

const TAILS = "% %zz %c3%28 %00 %u0041 &&&=&= ?a=b # + ;limit=1 %ED%A0%80 __proto__=1".split(" ");
const FILTERS: ((value: string) => string)[] = [
  (value) => `connection.id.eq('${value}')`,
  (value) => `connection.id.eq('a'),connection.id.eq('${value}')`,
  (value) => `institution.id.eq("${value}")`,
  (value) => `institution.id.eq('AU00000') or true ${value}`,
  (value) => `__proto__.id.eq('${value}')`,
  (value) => `connection.id.in('${value}','b')`,
  (value) => `connection.id.eq('''${value}''')`,
  (value) => `${"connection.id.eq('a'),".repeat(200)}${value}`,
  (value) => `connection.id.eq('${"(".repeat(3_000)}${value}`,
  (value) => value,
];
const LIMITS = [..."0 -1 501 1e2 0x10 1.5 ٣ 99999999999999999999 NaN 5,5".split(" "), " 5", "5\n"];
const PLACES = [
  "_",
  "2026-01-05T09:00:00.000Z",
  "9999-99-99T99:99:99.999Z_",
  "0000-00-00T00:00:00.000Z_00000000-0000-4000-8000-000000000000",
];

/** A value as a query may have it: escaped rightly, twice, not at all, or in every byte. */
function escaped(random: Random, value: string): string {
  const wellFormed = value.toWellFormed();
  const kind = random.below(5);
  if (kind === 0) return encodeURIComponent(encodeURIComponent(wellFormed));
  if (kind === 1) return value;
  if (kind === 2) return Buffer.from(wellFormed).toString("hex").replaceAll(/../g, "%$&");
  return encodeURIComponent(wellFormed);
}

function oddQuery(random: Random, mark: string, query: { [name: string]: string }): string {
  const value = () => oddText(random, mark);
  const pairs = Object.entries(query).filter(() => random.chance(0.6));
  const odd: [string, string][] = [
    ["filter", random.pick(FILTERS)(value())],
    ["limit", random.chance(0.7) ? random.pick(LIMITS) : value()],
    ["after", random.chance(0.5) ? "0".repeat(64) : value()],
    ["next", random.chance(0.5) ? random.pick(PLACES) : `2026-01-05T09:00:00.000Z_${value()}`],
    [value(), value()],
  ];
  const parts = [...pairs, random.pick(odd), ...(random.chance(0.3) ? [random.pick(odd)] : [])].map(
    ([name, text]) => `${random.chance(0.9) ? name : escaped(random, name)}=${escaped(random, text)}`,
  );
  return `${parts.join("&")}${random.chance(0.3) ? `&${random.pick(TAILS)}` : ""}`;
}

const TYPES = [
  ..."text/plain APPLICATION/JSON application/jsonp application/xml application/__proto__ ;".split(" "),
  "application/json; charset=utf-16",
  "application/json;charset=\0",
  "application/json, text/html",
  "multipart/form-data; boundary=",
  "application/x-www-form-urlencoded; charset=UTF-7",
];
const VERSIONS = ["", "1.0", "2", "2.0", "2.1 ", "3.0.0", "03.0", "３.0", "3,0", "latest", "2.1, 3.0"];
const OTHERS = "host x-forwarded-for content-length origin cookie AUTHORIZATION".split(" ");

/** Adds or removes a header, or gives it a value that no client sends. */
function changeHeader(random: Random, mark: string, headers: Headers, token: string): Headers {
  const text = () => oddText(random, mark);
  const oneOf = (values: readonly string[]) => (random.chance(0.7) ? random.pick(values) : text());
  // As a parser of events sets it: `__proto__` is a name like any other.
  const set = (name: string, value: string): Headers =>
    Object.defineProperty({ ...headers }, name, { value, enumerable: true, configurable: true });
  const kind = random.below(8);
  if (kind === 0) {
    const gone = random.pick([...Object.keys(headers), "authorization"]);
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== gone));
  }
  if (kind <= 2) return set("authorization", oddAuthorization(random, mark, token));
  if (kind === 3) return set("content-type", oneOf(TYPES));
  if (kind === 4) return set("basiq-version", oneOf(VERSIONS));
  if (kind === 5) return set("idempotency-key", `${text()}${random.chance(0.3) ? mark.repeat(20) : ""}`);
  return set(random.pick(kind === 6 ? NAMES_OF_PROTOTYPES : [...OTHERS, `x-${mark}`]), text());
}

function oddAuthorization(random: Random, mark: string, token: string): string {
  const schemes = ["Bearer ", "bearer\t", "Basic ", "Digest ", "Bearer, Bearer ", "", `${mark} `];
  const credentials = random.chance(0.6) ? oddToken(random, mark, token) : oddText(random, mark);
  return `${random.chance(0.7) ? "Bearer " : random.pick(schemes)}${credentials}`;
}

const encode = (text: string) => Buffer.from(text).toString("base64url");

/** A token that was never issued. Some have parts of a valid one. */
function oddToken(random: Random, mark: string, token: string): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims = encode(`{"scope":"SERVER_ACCESS","version":"3.0","exp":9999999999,"${mark}":1}`);
  const withHeader = (text: string) => `${encode(text)}.${payload}.${signature}`;
  return random.pick([
    mark,
    `${header}.${payload}.`,
    `${header}.${claims}.${signature}`,
    `${encode('{"alg":"none"}')}.${claims}.`,
    withHeader(`{"alg":"ES256","crit":["${mark}"]}`),
    withHeader('{"alg":"ES256","b64":false,"crit":["b64"]}'),
    withHeader(`{"alg":"ES256","jwk":{"kty":"EC"},"kid":"../../${mark}"}`),
    withHeader('{"alg":{"__proto__":"ES256"}}'),
    withHeader(`{"alg":"ES256","a":${"[".repeat(3_000)}`),
    `${header}.${payload}.${encode("0".repeat(64))}`,
    `${header}.${payload}.${encode("\0".repeat(64))}`,
    `${token}.${encode(mark)}.${encode(mark)}`,
    `${token}${"A".repeat(10_000)}`,
    token.toLowerCase(),
  ]);
}

const NOT_IN_A_HEADER = /[^\t\x20-\x7e\x80-\xff]/g;
const NOT_IN_A_NAME = /[^\w-]/g;

/** A request as it goes over the network, without what would make it another request or no HTTP. */
export function overHttp({ method, path, query, headers, body }: HostileRequest): Buffer {
  const bytes = Buffer.from(body ?? "", "base64");
  const target = Buffer.from(`${path}${query === "" ? "" : `?${query}`}`.replaceAll(/[\s\0]/g, "%20"));
  const own = Object.entries(headers)
    .filter(([name]) => !/^(host|content-length|connection)$/i.test(name))
    .map(([name, value]) => [
      name.replaceAll(NOT_IN_A_NAME, "-"),
      value.toWellFormed().replaceAll(NOT_IN_A_HEADER, "?"),
    ])
    .map((line) => line.join(": "));
  const head = ["Host: localhost", "Connection: close", `Content-Length: ${bytes.length}`, ...own, "", ""];
  const rest = Buffer.from(` HTTP/1.1\r\n${head.join("\r\n")}`, "latin1");
  return Buffer.concat([Buffer.from(`${method} `), target, rest, bytes]);
}
