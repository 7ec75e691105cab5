import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { newBrowser } from "../links/browser.ts";
import { newLink, newUser, postLink } from "../links/links.ts";
import { nightly } from "../support/nightly.ts";

const RETURN_URLS = "https://app.example/back,hooli-money://back";
const system = localSystem(1, () => ({ settings: { returnUrls: RETURN_URLS } }));
const backend = () => new MobileBackend(targetOf(system()));
const browser = () => newBrowser(system().apiUrl);

/** Addresses with which others have been led astray: other hosts, schemes and spellings of an address that is allowed. */
function* foreignAddresses(): Iterable<string> {
  const hosts = [
    "evil.example",
    "app.example.evil.example",
    "app.example@evil.example",
    "evil.example#app.example",
  ];
  const starts = [
    "https://",
    "http://",
    "//",
    "/\\",
    "https:",
    "https:/",
    "\\\\",
    "HTTPS://",
    "https://%2F",
    "ftp://",
  ];
  for (const start of starts) for (const host of hosts) yield `${start}${host}/back`;
  const allowed = RETURN_URLS.split(",");
  const ends = [
    "/",
    "?",
    "#",
    "/../x",
    "/.",
    "%20",
    " ",
    "\t",
    "\n",
    "\0",
    ";x",
    "&a=b",
    "//evil.example",
    "\\",
    "@evil.example",
  ];
  const begins = [
    " ",
    "\t",
    "\u0000",
    "x",
    "view-source:",
    "javascript:",
    "data:text/html,",
    "blob:",
    "intent://",
    "//",
  ];
  for (const one of allowed) {
    for (const end of ends) yield `${one}${end}`;
    for (const begin of begins) yield `${begin}${one}`;
    for (let index = 0; index < one.length; index++) yield `${one.slice(0, index)}${one.slice(index + 1)}`;
    for (let index = 0; index < one.length; index++) {
      yield `${one.slice(0, index)}.${one.slice(index)}`;
    }
    for (const other of [one.toUpperCase(), encodeURIComponent(one), encodeURI(`${one}é`), `${one},${one}`])
      yield other;
  }
  const schemes = [
    "javascript:alert(1)",
    "vbscript:x",
    "data:text/html,x",
    "file:///etc/passwd",
    "blob:https://a/b",
    "about:blank",
  ];
  for (const scheme of schemes)
    for (const odd of [scheme, scheme.toUpperCase(), ` ${scheme}`, `${scheme[0]}\t${scheme.slice(1)}`])
      yield odd;
  const places = [
    "..",
    "/",
    "?",
    "//",
    "///evil.example",
    "/c/x",
    "https://app.example:444/back",
    "https://app.example./back",
  ];
  yield* places;
  yield* [
    "https://аpp.example/back",
    "https://app。example/back",
    "https://app.example\u202e/back",
    RETURN_URLS,
  ];
}

test("nobody is led to an address that the deployment does not have", async () => {
  const at = backend();
  const userId = await newUser(at);
  const tried = [...new Set(foreignAddresses())];
  expect(tried.length).toBeGreaterThanOrEqual(200);
  for (const returnUrl of tried) {
    const reply = await postLink(at, userId, { returnUrl });
    expect(reply.status, returnUrl).toBe(400);
    expect(refusal(reply), returnUrl).toEqual([400, "parameter-not-valid", ["returnUrl"]]);
  }
  const { links } = await newLink(at, userId, { returnUrl: "https://app.example/back" });
  for (const address of tried.slice(0, 40)) {
    const person = browser();
    const query = new URLSearchParams({ returnUrl: address, url: address, next: address, state: address });
    const shown = await person.open(`/consent/return?${query}`);
    expect([shown.status, shown.location]).toEqual([403, undefined]);
    const page = await person.open(`${links.public}?${query}`);
    expect([page.status, page.html.includes("evil")]).toEqual([200, false]);
  }
  const person = browser();
  await person.open(links.public);
  const pressed = await person.submitTo(`${links.public}?returnUrl=https://evil.example`);
  expect(pressed.location).toBe(`${system().apiUrl}/connect`);
});

const GUESSES = nightly(10_000);
const GUESSES_AT_ONCE = 20;

test("guessed links are all alike: unknown, in the same bytes", async () => {
  const at = backend();
  await newLink(at, await newUser(at));
  const kinds = new Map<string, number>();
  const guess = async () => {
    const response = await fetch(`${system().apiUrl}/c/${randomBytes(16).toString("base64url")}`);
    const text = (await response.text()).replace(/<code>[0-9a-f-]{36}<\/code>/, "");
    const headers = [...response.headers].filter(([name]) => name !== "date");
    const kind = JSON.stringify([response.status, headers, text]);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  };
  for (let sent = 0; sent < GUESSES; sent += GUESSES_AT_ONCE)
    await Promise.all(Array.from({ length: GUESSES_AT_ONCE }, guess));
  expect([...kinds.values()]).toEqual([GUESSES]);
  expect([...kinds.keys()][0]).toMatch(/^\[404,/);
});
