import type { Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { list, page as pageOf } from "../../journeys/calls.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { newLink, newUser } from "../links/links.ts";
import { type AppServer, startAppServer } from "./app-server.ts";
import { openTab, type Tab, untilHeading } from "./browser.ts";

/** A user of a company, in front of a browser. */
interface Visitor extends Tab {
  backend: MobileBackend;
  /** Makes a link, opens it, and presses its button. */
  press(wanted?: object): Promise<void>;
}

/** Local mode with version 3.0 of the aggregator, and an app to which persons go back. A challenge lasts 24 s. */
export function consentSystem(settings: Record<string, unknown> = {}) {
  let app: AppServer | undefined;
  beforeAll(async () => {
    app = await startAppServer();
  });
  afterAll(() => app?.close());
  const system = localSystem(5, () => ({
    settings: { upstreamVersion: "3.0", returnUrls: app?.url, ...settings },
  }));
  const started = () => {
    if (app === undefined) throw new Error("The app has not started.");
    return { app, system: system() };
  };
  return {
    started,
    async newVisitor(): Promise<Visitor> {
      const { app, system } = started();
      const target = targetOf(system);
      const backend = new MobileBackend(target, await newUser(new MobileBackend(target)));
      const tab = await openTab([target.apiUrl, target.sandboxUrl, new URL(app.url).origin]);
      const press = async (wanted: object = {}) => {
        const { links } = await newLink(backend, backend.userId, { returnUrl: app.url, ...wanted });
        await tab.page.goto(links.public);
        await tab.page.getByRole("button", { name: "Continue" }).click();
      };
      return { ...tab, backend, press };
    },
  };
}

/** Agrees, if the Consent UI asks for that, and logs in as a test user. */
export async function logIn(page: Page, bank: string): Promise<void> {
  const agree = page.getByRole("button", { name: "I agree" });
  if (await agree.isVisible()) await agree.click();
  await page.getByRole("link", { name: bank }).click();
  await page.getByLabel("Login").fill("jared");
  await page.getByLabel("Password").fill("django");
  await page.getByRole("button", { name: "Continue" }).click();
}

export async function connectHooli(page: Page): Promise<void> {
  await logIn(page, "Hooli Bank");
  await untilHeading(page, "Hooli Bank is connected");
}

/** Returns the ids of our jobs of the user, newest first. */
export async function ours(backend: MobileBackend): Promise<string[]> {
  return pageOf(await list(backend)).data.map(({ id }) => id);
}

/** Returns the address of the way back that a page of the Consent UI shows. */
export async function wayBack(page: Page): Promise<URL> {
  return new URL((await page.getByRole("link", { name: "Finish" }).getAttribute("href")) ?? "");
}
