import { WRONG_BODIES } from "./wrong-bodies.ts";
import { WRONG_HTTP } from "./wrong-http.ts";
import { body, type Wrong } from "./wrong-reply.ts";

const error = (mark: string, more: object = {}) =>
  JSON.stringify({ data: [{ code: "invalid-credentials", title: mark, detail: mark, ...more }] });
const STATUSES: Wrong[] = [201, 203, 204, 205, 206, 226, 299].map((status) =>
  body(`a ${status} of nothing`, () => "", {}, status),
);
const NOES: Wrong[] = [
  400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 422, 423, 425, 428, 429, 431, 451, 499,
]
  .concat([500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 529, 598, 599])
  .flatMap((status) => [
    body(`a ${status} in HTML`, (_, mark) => `<html>${mark}</html>`, {}, status),
    body(`a ${status} in words of its own`, (_, mark) => error(mark), {}, status),
  ]);
const ODD_NOES: Wrong[] = [
  body("a no of nothing", () => "", {}, 400),
  body("a no without errors", () => '{"data":[]}', {}, 400),
  body("a no of a number", () => '{"data":[{"code":5}]}', {}, 400),
  body("a no of a null", () => '{"data":null}', {}, 400),
  body("a no of 10 kB", (_, mark) => error(mark, { detail: mark.repeat(500) }), {}, 400),
  body("a no of a code of 10 kB", (_, mark) => error(mark, { code: mark.repeat(500) }), {}, 400),
  body("a no of half a character", (_, mark) => error(mark, { title: `${mark}\ud800` }), {}, 400),
  body(
    "a no of 10,000 errors",
    (_, mark) => `{"data":[${Array(10_000).fill(`{"code":"${mark}"}`).join(",")}]}`,
    {},
    400,
  ),
  body("a no that is right", (good) => JSON.stringify(good), {}, 400),
];

const RETRIES: Wrong[] = [
  "1e9",
  "999999999",
  "-1",
  "0",
  "",
  "NaN",
  "Infinity",
  "0x7fffffff",
  "Wed, 21 Oct 2099 07:28:00 GMT",
  "1, 2",
  "a",
].flatMap((value) =>
  [429, 503].map((status) =>
    body(
      `a ${status} to come again after ${JSON.stringify(value)}`,
      () => "",
      { "retry-after": value },
      status,
    ),
  ),
);

/** Where nobody is to follow with a token. */
export const ELSEWHERE = "/elsewhere";
const REDIRECTS: Wrong[] = [300, 301, 302, 303, 304, 305, 307, 308].flatMap((status) =>
  [`http://127.0.0.1:9${ELSEWHERE}`, ELSEWHERE, "//127.0.0.1:9/", "file:///etc/passwd", "", "\t"].map(
    (location) => body(`a ${status} to ${JSON.stringify(location)}`, () => "", { location }, status),
  ),
);

/** Wrong whatever was asked for. */
export const WRONG_REPLIES: readonly Wrong[] = [
  ...WRONG_BODIES,
  ...STATUSES,
  ...NOES,
  ...ODD_NOES,
  ...RETRIES,
  ...REDIRECTS,
  ...WRONG_HTTP,
];
