import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect } from "vitest";
import { HOOLI } from "../../journeys/logins.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { newCompany } from "../page/visits.ts";
import { browserTest, openTab, type Tab, untilHeading } from "./browser.ts";
import { jobIdOn, logIn, visit } from "./page-visit.ts";
import { jobThatAsks, TAKES_ALL } from "./sandbox-replies.ts";

/*
 * How much time a person has for an answer. The browser's clock stands still, and only goes on as far as a test says; the
 * server's goes on as clocks do.
 */

const system = localSystem(1);

const HOUR_MS = 3_600_000;
/** The longest that we wait for an answer, so that no machine is too slow. */
const ASKS = { method: "token", description: "Any", input: ["Code"], expiryMs: 900_000 };

let tab: Tab;
/** When the server stops waiting for the answer, by its clock. */
let deadline: number;
beforeEach(async () => {
  const target = targetOf(system());
  const backend = await newCompany(target);
  await backend.faults([...TAKES_ALL, jobThatAsks(ASKS)]);
  tab = await openTab([target.apiUrl]);
  await visit(tab, backend, { institutionId: HOOLI });
  await logIn(tab.page, { Login: "any", Password: "any" });
  await untilHeading(tab.page, "Enter the code from Hooli Bank");
  deadline = Date.parse((await backend.untilAsked(jobIdOn(tab.page))).expiresAt);
});
afterEach(async () => {
  expect(tab.watched).toEqual({ errors: [], strangers: [] });
  await tab.close();
});

/** Loads the page again in a browser whose clock is wrong, and stands still. */
async function reloadAt(wrongByMs: number): Promise<Page> {
  const { page } = tab;
  const time = Date.now() + wrongByMs;
  // It goes on until it stands still, and cannot stand still at a time that is over.
  await page.clock.install({ time: time - HOUR_MS });
  await page.clock.pauseAt(time);
  await page.reload();
  return page;
}

/** The seconds that the page shows. */
async function shown(page: Page): Promise<number> {
  const text = (await page.locator(".left").textContent()) ?? "";
  const [, minutes = 0] = /(\d+) minute/.exec(text) ?? [];
  const [, seconds = 0] = /(\d+) second/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

/** The page has its number from the server since this time. It is right to a second, whenever in between the server wrote it. */
function expectRight(seconds: number, since: number): void {
  expect(seconds).toBeLessThanOrEqual((deadline - since) / 1000 + 1);
  expect(seconds).toBeGreaterThanOrEqual((deadline - Date.now()) / 1000 - 1);
}

browserTest.for([
  ["fast", HOUR_MS],
  ["slow", -HOUR_MS],
] as const)(
  "the time left is right to a second on a telephone whose clock is an hour %s",
  async ([, wrongByMs]) => {
    const since = Date.now();
    const page = await reloadAt(wrongByMs);
    const atFirst = await shown(page);
    expectRight(atFirst, since);
    let passed = 0;
    for (const seconds of [1, 2, 60, 300]) {
      await page.clock.runFor(seconds * 1000);
      passed += seconds;
      expect(Math.abs(atFirst - passed - (await shown(page)))).toBeLessThanOrEqual(1);
    }
    // The telephone notices that its clock is wrong.
    await page.clock.setSystemTime(Date.now());
    await page.clock.runFor(60_000);
    expect(Math.abs(atFirst - passed - 60 - (await shown(page)))).toBeLessThanOrEqual(1);
  },
);

browserTest(
  "at 60, 30 and 10 seconds, and at no others, a screen reader hears how much time is left",
  async () => {
    const page = await reloadAt(0);
    const region = page.locator("#said");
    expect([await region.getAttribute("role"), await region.textContent()]).toEqual(["status", ""]);
    await page.evaluate(
      "window.said = []; new MutationObserver(() => window.said.push(document.querySelector('#said').textContent)).observe(document.querySelector('#said'), { childList: true, characterData: true, subtree: true })",
    );
    /** What is said until the page shows so many seconds. */
    const saidUntil = async (seconds: number) => {
      await page.clock.runFor(((await shown(page)) - seconds) * 1000);
      expect(await shown(page)).toBe(seconds);
      return page.evaluate("window.said.splice(0)");
    };
    expect(await saidUntil(62)).toEqual([]);
    expect(await saidUntil(58)).toEqual(["1 minute"]);
    expect(await saidUntil(32)).toEqual([]);
    expect(await saidUntil(28)).toEqual(["30 seconds"]);
    expect(await saidUntil(12)).toEqual([]);
    expect(await saidUntil(8)).toEqual(["10 seconds"]);
    expect(await saidUntil(0)).toEqual([]);
  },
);

browserTest(
  "a person who comes back to a telephone that slept sees the time of the server, and what was typed",
  async () => {
    const page = await reloadAt(0);
    await page.getByLabel("Code").fill("12");
    await page.clock.runFor(600_000);
    const number = () => page.locator(".left").getAttribute("data-left");
    const before = await number();
    const since = Date.now();
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    // A mutant's run is ended after 180 s.
    await expect.poll(number, { timeout: 100_000 }).not.toBe(before);
    await page.clock.runFor(250);
    expectRight(await shown(page), since);
    expect(await page.getByLabel("Code").inputValue()).toBe("12");
  },
);
