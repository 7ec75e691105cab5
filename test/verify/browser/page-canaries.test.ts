import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { RAVIGA } from "../../journeys/logins.ts";
import type { MobileBackend } from "../../journeys/mobile-backend.ts";
import { type Canary, textCanary } from "../canaries/canary.ts";
import { sinkBook } from "../canaries/canary-world.ts";
import { filesIn } from "../canaries/level-tables.ts";
import { type Finding, scannerFor } from "../canaries/scanner.ts";
import { sinksOf } from "../canaries/sinks.ts";
import { type SmallWorld, startSmallWorld } from "../canaries/small-world.ts";
import { linkFor, newCompany } from "../page/visits.ts";
import { type AppServer, startAppServer } from "./app-server.ts";
import { browserTest, openProfile, type Tab, untilHeading } from "./browser.ts";
import { visit } from "./page-visit.ts";
import { jobThatAsks, jobThatFails, TAKES_ALL } from "./sandbox-replies.ts";

/*
 * A login and answers that a person types are nowhere afterwards: not in what our system stores, logs and sends, and not in what the
 * browser remembers. Other secrets, typed into a page that is not ours, prove that each place is searched.
 */

let world: SmallWorld;
let app: AppServer;
const profile = mkdtempSync(join(tmpdir(), "profile-"));
beforeAll(async () => {
  world = await startSmallWorld({ TIME_SCALE: "1" });
  app = await startAppServer();
});
afterAll(async () => {
  await app?.close();
  await world?.close();
  rmSync(profile, { recursive: true, force: true });
});

const typed: Canary[] = [];
const planted: Canary[] = [];
/** What the browser says that it asked for, remembers and shows. */
const seen = sinkBook();

const secret = (name: string, among = typed): string => {
  const canary = textCanary(name);
  among.push(canary);
  return canary.text;
};

/** Types as a person does, so that the browser notices. */
async function type(page: Page, fields: { readonly [label: string]: string }): Promise<void> {
  for (const [label, text] of Object.entries(fields)) {
    await page.getByLabel(label, { exact: true }).fill("");
    await page.getByLabel(label, { exact: true }).pressSequentially(text);
  }
}

const press = (page: Page, button: string) => page.getByRole("button", { name: button, exact: true }).click();

const wayOf = (story: string) => ({
  Login: secret(`login of ${story}`),
  Password: secret(`password of ${story}`),
  "Security Code": secret(`security code of ${story}`),
  "Secondary Login": secret(`second login of ${story}`),
});

const ASKS = { description: "Any", expiryMs: 900_000 };

/** A person logs in, and answers what the bank asks, after a first try that lacks an answer. */
async function connect(tab: Tab, backend: MobileBackend): Promise<void> {
  const { page } = tab;
  const questions = { method: "security-questions", input: ["Your first pet?", "Your first car?"] };
  await backend.faults([...TAKES_ALL, jobThatAsks({ ...ASKS, ...questions })]);
  await visit(tab, backend, { institutionId: RAVIGA });
  await type(page, wayOf("the first job"));
  await press(page, "Log in");
  await untilHeading(page, "Raviga asks you some questions");
  const answer = secret("answer to a question");
  await type(page, { "Your first pet?": answer, "Your first car?": " " });
  await press(page, "Send the answer");
  await expect.poll(() => page.title()).toBe("Error: Raviga asks you some questions");
  await type(page, { "Your first pet?": answer, "Your first car?": secret("answer to another question") });
  await press(page, "Send the answer");
  await untilHeading(page, "Raviga checks your answer");
  await backend.faults([...TAKES_ALL, jobThatFails()]);
  await untilHeading(page, "Raviga did not accept your answer");
}

/** Another person gives a code in the same browser, and leaves while the bank checks it. */
async function giveCode(tab: Tab, backend: MobileBackend): Promise<void> {
  const { page } = tab;
  await backend.faults([...TAKES_ALL, jobThatAsks({ ...ASKS, method: "token", input: ["Code"] })]);
  await visit(tab, backend, { institutionId: RAVIGA });
  await type(page, wayOf("the second job"));
  await press(page, "Log in");
  await untilHeading(page, "Enter the code from Raviga");
  await type(page, { Code: secret("code") });
  await press(page, "Send the answer");
  await untilHeading(page, "Raviga checks your answer");
}

/** A person types a login, but the session is over: somebody has made a new link for the same user. */
async function comeTooLate(tab: Tab, backend: MobileBackend): Promise<void> {
  const { page } = tab;
  await visit(tab, backend, { institutionId: RAVIGA });
  await type(page, wayOf("a person who is too late"));
  await linkFor(backend);
  await press(page, "Log in");
  await untilHeading(page, "Please start again from the app");
}

/** A page of an app, which browsers may remember. */
async function plant(page: Page): Promise<void> {
  await page.goto(`${app.url}?code=${encodeURIComponent(secret("in an address", planted))}`);
  await page.evaluate("document.body.innerHTML += '<label>Any<input></label>'");
  await type(page, { Any: secret("in a field", planted) });
}

/** Presses the button Back until there is nothing more, and notes what the browser shows. */
async function goBack(page: Page, session: CDPSession): Promise<void> {
  for (;;) {
    const { currentIndex, entries } = await session.send("Page.getNavigationHistory");
    seen.add("entries of the history", JSON.stringify(entries));
    if (currentIndex === 0) return;
    await page.evaluate("history.back()").catch(() => undefined);
    const place = async () => (await session.send("Page.getNavigationHistory")).currentIndex;
    await expect.poll(place).toBe(currentIndex - 1);
    const shown = () =>
      page.evaluate(
        "document.readyState === 'complete' && [document.documentElement.outerHTML, ...[...document.querySelectorAll('input')].map(({ value }) => value)].join('\\n')",
      );
    await expect.poll(() => shown().catch(() => false)).toBeTypeOf("string");
    seen.add("pages that Back shows", String(await shown()));
  }
}

const inWords = ({ canary, form, sink }: Finding) => `${canary.name}, ${form}, in ${sink}`;

/** Chromium's password manager notes for which login id it has offered to keep the password. That is between it and the person. */
const isOfPasswordManager = ({ canary, sink }: Finding) =>
  canary.name.startsWith("login of ") && /Login Data/.test(sink);

browserTest(
  "what a person types is in no log, table, address or history, and not in the browser's profile",
  async () => {
    const tab = await openProfile(profile, [world.target.apiUrl, new URL(app.url).origin]);
    const { page } = tab;
    page.on("request", (request) =>
      seen.add("addresses and headers of requests", JSON.stringify([request.url(), request.headers()])),
    );
    const session = await page.context().newCDPSession(page);
    await connect(tab, await newCompany(world.target));
    await plant(page);
    await comeTooLate(tab, await newCompany(world.target));
    await giveCode(tab, await newCompany(world.target));
    await goBack(page, session);
    await tab.close();

    const ofSystem = await sinksOf(world);
    const ofBrowser = [...seen.sinks(), ...filesIn(profile)];
    const found = [...ofSystem, ...ofBrowser].flatMap(scannerFor(typed).scan);
    expect(found.filter((finding) => !isOfPasswordManager(finding)).map(inWords)).toEqual([]);

    // They did come to our system, which has sealed them.
    const sealed = world.recorder.calls
      .filter(({ operation }) => operation === "Encrypt")
      .map(({ request }) => Buffer.from(String(request["Plaintext"]), "base64"))
      .map((content) => ({ name: "what was sealed", content }));
    const arrived = new Set(sealed.flatMap(scannerFor(typed).scan).map(({ canary }) => canary.name));
    const missing = typed.map(({ name }) => name).filter((name) => !arrived.has(name));
    expect(missing.filter((name) => !name.endsWith("too late"))).toEqual([]);

    const foundPlanted = new Set(ofBrowser.flatMap(scannerFor(planted).scan).map(inWords));
    for (const place of [
      /^in an address, URL, in addresses and headers/,
      /^in an address, URL, in entries of the history/,
      /^in an address, URL, in Default.History/,
      /^in a field, .*in pages that Back shows/,
      /^in a field, UTF-16.*, in Default.Sessions/,
    ]) {
      expect([...foundPlanted].join("\n")).toMatch(new RegExp(place, "m"));
    }
  },
);
