import { afterAll, beforeAll, expect, test } from "vitest";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { Elsewhere } from "../adopt/elsewhere.ts";
import { newBrowser } from "../links/browser.ts";
import { newLink, newUser } from "../links/links.ts";
import { type Canary, plainCanary } from "./canary.ts";
import { scannerFor } from "./scanner.ts";
import { linesOf, sinksOf } from "./sinks.ts";
import { type SmallWorld, startSmallWorld } from "./small-world.ts";

const CONSENT_UI = "https://consent.example/home";
const PERSONS = 6;

const canaries: Canary[] = [];
let world: SmallWorld;

beforeAll(async () => {
  world = await startSmallWorld({
    TIME_SCALE: "10",
    UPSTREAM_VERSION: "3.0",
    CONSENT_UI_URL: CONSENT_UI,
    RETURN_URLS: "hooli-money://back",
  });
});
afterAll(() => world?.close());

/** A person who goes the whole way, presses twice, loads the last page again, and whose link is then deleted. */
async function person(index: number): Promise<void> {
  const { target } = world;
  const mobile = plainCanary(`mobile ${index}`);
  const backend = new MobileBackend(target, await newUser(new MobileBackend(target)));
  const { links } = await newLink(backend, backend.userId, {
    mobile: mobile.text,
    returnUrl: "hooli-money://back",
  });
  const path = `/users/${backend.userId}/auth_link`;
  expect(await backend.call("GET", path)).toMatchObject({ status: 200, json: { mobile: mobile.text } });
  const browser = newBrowser(target.apiUrl);
  await browser.use(links.public);
  const { location = "" } = await browser.submitTo(links.public);
  const address = new URL(location);
  const state = address.searchParams.get("state") ?? "";
  const upstreamJobId = await new Elsewhere(backend).connect(HOOLI, LOGINS.gavin);
  const back = await browser.open(
    `/consent/return?jobId=${upstreamJobId}&state=${encodeURIComponent(state)}`,
  );
  expect(back.status).toBe(200);
  await browser.open(`/consent/return?state=${encodeURIComponent(state)}`);
  canaries.push(
    mobile,
    { name: `id of link ${index}`, text: links.public.split("/c/")[1] ?? "" },
    { name: `cookie of browser ${index}`, text: browser.cookies.get("link-browser") ?? "" },
    { name: `client token ${index}`, text: address.searchParams.get("token") ?? "" },
    { name: `signature of state ${index}`, text: state.split(".")[1] ?? "" },
    { name: `address of the Consent UI ${index}`, text: location },
  );
  if (index % 2 === 0) expect((await backend.call("DELETE", path)).status).toBe(204);
}

test("persons go the whole way", async () => {
  for (let index = 0; index < PERSONS; index++) await person(index);
  expect(new Set(canaries.map(({ text }) => text)).size).toBe(6 * PERSONS);
});

test("no table, file, log line, event or call of AWS has an id of a link, a cookie, a mobile, a token or an address of the Consent UI", async () => {
  const sinks = await sinksOf(world);
  const found = sinks.flatMap(scannerFor(canaries).scan);
  // No table has what is random itself, but its SHA-256: of an id to find the link, of a cookie to recognise the browser.
  const leaks = found.filter(
    ({ canary, form }) => !(/^(id|cookie) /.test(canary.name) && /^sha256/.test(form)),
  );
  expect(leaks.map(({ canary, form, sink }) => `${canary.name}, ${form}, in ${sink}`)).toEqual([]);
  for (const part of ["open-link", "press-link", "consent-return", "create-auth-link"]) {
    expect(
      linesOf(sinks, "standard output").some((line) => line.includes(`"route":"${part}"`)),
      part,
    ).toBe(true);
  }
  expect(
    sinks.some(({ name, content }) => /^rows of TablesJobs/.test(name) && String(content).includes("link#")),
  ).toBe(true);
});

test("the search would find each of them in each of these forms", async () => {
  const scanner = scannerFor(canaries);
  for (const { name, text } of canaries) {
    for (const written of [
      text,
      JSON.stringify({ text }),
      encodeURIComponent(text),
      Buffer.from(text).toString("base64"),
    ]) {
      expect(scanner.scan({ name, content: `before ${written} after` }).length, name).toBeGreaterThan(0);
    }
  }
});
