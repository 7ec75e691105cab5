import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { findChromium } from "./find-chromium.ts";

const executablePath = findChromium();

/** A test that needs Chromium. Skipped where there is none: `need-chromium.ts` says so. */
export const browserTest = test.skipIf(executablePath === undefined);

let launched: Promise<Browser> | undefined;

const INSTALLED = {
  ...(executablePath !== undefined && { executablePath }),
  // Chromium's own sandbox does not work as root.
  chromiumSandbox: process.getuid?.() !== 0,
};

/** Starts one Chromium for each file of tests. It has no window, and its profile is deleted at its end. */
function launch(): Promise<Browser> {
  launched ??= chromium.launch(INSTALLED);
  return launched;
}

afterAll(async () => {
  await (await launched)?.close();
  launched = undefined;
});

/** Long enough for a busy machine: it only ends tests that hang. */
const PATIENCE_MS = 120_000;

/** What a page did that no page of ours may do. */
interface Watched {
  /** Errors of scripts, and violations of security policies. */
  errors: string[];
  /** Requests to other origins than those of the test. */
  strangers: string[];
}

/** A tab in a browser of its own, with no cookies. */
export interface Tab {
  page: Page;
  watched: Watched;
  /** Opens another tab of the same browser, with the same cookies. */
  another(): Promise<Page>;
  close(): Promise<void>;
}

/** @param origins Whom the pages may make requests to. */
export async function openTab(origins: readonly string[], options: BrowserContextOptions = {}): Promise<Tab> {
  return tabOf(await (await launch()).newContext(options), origins);
}

/**
 * A browser as a person has it: its profile stays in the folder when it closes, the button Back may show a page from the memory, and
 * nothing tells the browser that a program drives it.
 */
export async function openProfile(folder: string, origins: readonly string[]): Promise<Tab> {
  const ignoreDefaultArgs = ["--disable-back-forward-cache", "--enable-automation"];
  return tabOf(await chromium.launchPersistentContext(folder, { ...INSTALLED, ignoreDefaultArgs }), origins);
}

async function tabOf(context: BrowserContext, origins: readonly string[]): Promise<Tab> {
  context.setDefaultTimeout(PATIENCE_MS);
  const watched: Watched = { errors: [], strangers: [] };
  const watch = (page: Page) => {
    page.on("pageerror", ({ message }) => watched.errors.push(message));
    page.on("console", (line) => line.type() === "error" && watched.errors.push(line.text()));
    page.on("request", (request) => {
      const url = request.url();
      if (!origins.includes(new URL(url).origin)) watched.strangers.push(url);
    });
    return page;
  };
  return {
    page: watch(await context.newPage()),
    watched,
    another: async () => watch(await context.newPage()),
    close: () => context.close(),
  };
}

export function heading(page: Page) {
  return page.getByRole("heading", { level: 1 });
}

/** Waits until the page has this title. A page of ours loads itself again while a bank works. */
export async function untilHeading(page: Page, title: string): Promise<void> {
  await expect.poll(() => heading(page).textContent()).toBe(title);
}
