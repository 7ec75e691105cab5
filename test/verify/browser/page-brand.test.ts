import { afterAll, expect } from "vitest";
import { PIED_PIPER } from "../../journeys/logins.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { linkFor, newCompany, RETURN_URL } from "../page/visits.ts";
import { browserTest, openTab, type Tab, untilHeading } from "./browser.ts";
import { look } from "./look.ts";

const settings = {
  returnUrls: RETURN_URL,
  appName: "Hooli Money",
  pageLogo: "test/verify/page/brand/logo.svg",
  pageColour: "#b3261e",
  pageColourDark: "#ff8a80",
  pageSupport: "help@hooli.example",
  pagePrivacyUrl: "https://hooli.example/privacy",
};
const system = localSystem(1, () => ({ settings }));

let tab: Tab;
afterAll(() => tab?.close());

browserTest(
  "with a brand and in German, no screen of a connection has a barrier that axe finds",
  async () => {
    const target = targetOf(system());
    const backend = await newCompany(target);
    tab = await openTab([target.apiUrl], { locale: "de-CH" });
    const { page } = tab;
    const press = (name: string) => page.getByRole("button", { name }).click();
    await page.goto(await linkFor(backend, { returnUrl: RETURN_URL }));
    await look(page, "german-link");
    await press("Weiter");
    await look(page, "german-banks");
    await page.goto(await linkFor(backend, { institutionId: PIED_PIPER, returnUrl: RETURN_URL }));
    await press("Weiter");
    await look(page, "german-login");
    await page.getByLabel("Login", { exact: true }).fill("jared");
    await page.getByLabel("Password", { exact: true }).fill("django");
    await press("Anmelden");
    await untilHeading(page, "Geben Sie den Code ein, den Pied Piper Bank Ihnen gesendet hat");
    // The script has counted at least once, in the words of the browser's language.
    await expect
      .poll(() => page.locator(".left").textContent())
      .toMatch(/^1 Minute und \d+ Sekunden?$|^\d+ Sekunden?$/);
    await look(page, "german-code");
    await page.getByLabel("OTP Password").fill("1234");
    await press("Antwort senden");
    await untilHeading(page, "Pied Piper Bank ist verbunden");
    await look(page, "german-connected");
    await page.goto(`${target.apiUrl}/connect/jobs/none`);
    await look(page, "german-refused");
    expect([tab.watched.errors.filter((error) => !error.includes("404")), tab.watched.strangers]).toEqual([
      [],
      [],
    ]);
  },
);
