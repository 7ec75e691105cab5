import { NAMES_OF_PROTOTYPES, oddText } from "./odd-texts.ts";
import type { Random } from "./random.ts";

export interface Headers {
  [name: string]: string;
}

const TYPES = [
  "text/plain",
  "application/json; charset=utf-16",
  "application/json;charset=\0",
  "APPLICATION/JSON",
  "application/json, text/html",
  "application/jsonp",
  "multipart/form-data; boundary=",
  "application/x-www-form-urlencoded; charset=UTF-7",
  "application/xml",
  ";",
  "application/__proto__",
];
const VERSIONS = ["", "1.0", "2", "2.0", "2.1 ", "3.0.0", "03.0", "３.0", "3,0", "latest", "2.1, 3.0"];

const encode = (text: string) => Buffer.from(text).toString("base64url");

/** Tokens that nobody gave out, some of them parts of one that we did. */
function oddToken(random: Random, mark: string, token: string): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims = `{"scope":"SERVER_ACCESS","version":"3.0","exp":9999999999,"${mark}":1}`;
  return random.pick([
    mark,
    `${header}.${payload}.`,
    `${header}.${encode(claims)}.${signature}`,
    `${encode('{"alg":"none"}')}.${encode(claims)}.`,
    `${encode(`{"alg":"ES256","crit":["${mark}"]}`)}.${payload}.${signature}`,
    `${encode('{"alg":"ES256","b64":false,"crit":["b64"]}')}.${payload}.${signature}`,
    `${encode(`{"alg":"ES256","jwk":{"kty":"EC"},"kid":"../../${mark}"}`)}.${payload}.${signature}`,
    `${encode('{"alg":{"__proto__":"ES256"}}')}.${payload}.${signature}`,
    `${encode(`{"alg":"ES256","a":${"[".repeat(3_000)}`)}.${payload}.${signature}`,
    `${header}.${payload}.${encode("0".repeat(64))}`,
    `${header}.${payload}.${encode("\0".repeat(64))}`,
    `${token}.${encode(mark)}.${encode(mark)}`,
    `${token}${"A".repeat(10_000)}`,
    token.toLowerCase(),
  ]);
}

function oddAuthorization(random: Random, mark: string, token: string): string {
  const schemes = ["Bearer ", "bearer\t", "Basic ", "Digest ", "Bearer, Bearer ", "", `${mark} `];
  const credentials = random.chance(0.6) ? oddToken(random, mark, token) : oddText(random, mark);
  return `${random.chance(0.7) ? "Bearer " : random.pick(schemes)}${credentials}`;
}

/** One header more, less, or with a value that no client sends. */
export function changeHeader(random: Random, mark: string, headers: Headers, token: string): Headers {
  const kind = random.below(8);
  if (kind === 0) return without(headers, random.pick([...Object.keys(headers), "authorization"]));
  if (kind <= 2) return { ...headers, authorization: oddAuthorization(random, mark, token) };
  if (kind === 3)
    return { ...headers, "content-type": random.chance(0.7) ? random.pick(TYPES) : oddText(random, mark) };
  if (kind === 4)
    return {
      ...headers,
      "basiq-version": random.chance(0.7) ? random.pick(VERSIONS) : oddText(random, mark),
    };
  if (kind === 5)
    return {
      ...headers,
      "idempotency-key": `${oddText(random, mark)}${random.chance(0.3) ? mark.repeat(20) : ""}`,
    };
  if (kind === 6) return ownHeader(headers, random.pick(NAMES_OF_PROTOTYPES), oddText(random, mark));
  const name = random.pick([
    "host",
    "x-forwarded-for",
    "content-length",
    "origin",
    "cookie",
    "AUTHORIZATION",
    `x-${mark}`,
  ]);
  return { ...headers, [name]: oddText(random, mark) };
}

function without(headers: Headers, gone: string): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== gone));
}

/** As the parser of an event makes it: `__proto__` is a name like any other. */
function ownHeader(headers: Headers, name: string, value: string): Headers {
  return Object.defineProperty({ ...headers }, name, { value, enumerable: true, configurable: true });
}
