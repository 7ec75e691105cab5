import { randomUUID } from "node:crypto";
import { afterAll, expect } from "vitest";
import { connected } from "../../journeys/calls.ts";
import { AVIATO, HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER, RAVIGA, TOKEN_BANK } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { linkFor, newCompany, RETURN_URL, SETTINGS } from "../page/visits.ts";
import { browserTest, openTab, type Tab, untilHeading } from "./browser.ts";
import { barriers, look } from "./look.ts";
import { logIn as logInOn, visit } from "./page-visit.ts";

const system = localSystem(1, () => ({ settings: SETTINGS }));

let tab: Tab;
afterAll(() => tab?.close());

const GAVIN = { Login: "gavinBelson", Password: "hooli2016" };

browserTest("axe finds a barrier that a test puts into a screen", async () => {
  const target = targetOf(system());
  tab = await openTab([target.apiUrl]);
  await visit(tab, await newCompany(target), { institutionId: RAVIGA });
  await tab.page.evaluate("document.querySelector('label').remove()");
  expect((await barriers(tab.page)).map((barrier) => barrier.split(":")[0])).toEqual(["label"]);
  await tab.close();
});

browserTest("no screen has a barrier that axe finds, and each fits a small telephone", async () => {
  const target = targetOf(system());
  const backend = await newCompany(target);
  tab = await openTab([target.apiUrl]);
  const { page } = tab;
  /** A new user, unless one is given. */
  const at = async (link: object, of?: MobileBackend) => visit(tab, of ?? (await newCompany(target)), link);
  const until = (title: string) => untilHeading(page, title);
  const logIn = (fields: { readonly [label: string]: string }) => logInOn(page, fields);
  const back = { returnUrl: RETURN_URL };

  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  await page.goto(await linkFor(backend, back));
  await look(page, "link");
  await page.getByRole("button", { name: "Continue" }).click();
  await look(page, "banks");
  await page.getByLabel("Name of your bank").fill("no such bank");
  await page.getByRole("button", { name: "Search" }).click();
  await look(page, "banks-none");

  await at({ institutionId: RAVIGA, ...back });
  await look(page, "login");
  await at({ institutionId: TOKEN_BANK });
  await look(page, "login-token");

  const owner = await newCompany(target);
  const connectionId = await connected(owner, HOOLI, LOGINS.gavin);
  await at({ connectionId, ...back }, owner);
  await look(page, "login-update");

  await at({ institutionId: RAVIGA });
  await page.evaluate(
    "document.querySelectorAll('input').forEach((input) => input.removeAttribute('required'))",
  );
  await logIn({ Login: "gavinBelson" });
  await look(page, "login-problem");

  await backend.faults(BANK_OUT_OF_SIGHT);
  await at({ institutionId: HOOLI, ...back });
  await logIn(GAVIN);
  await until("Connecting Hooli Bank");
  await look(page, "running");
  await page.getByRole("button", { name: "Cancel" }).click();
  await until("Hooli Bank is not connected");
  await look(page, "cancelled");
  await backend.faults([]);

  await at({ institutionId: PIED_PIPER, ...back });
  await logIn({ Login: "jared", Password: "django" });
  await until("Enter the code from Pied Piper Bank");
  await look(page, "code");
  await page.evaluate(
    "document.querySelectorAll('input').forEach((input) => input.removeAttribute('required'))",
  );
  await page.getByRole("button", { name: "Send the answer" }).click();
  await expect.poll(() => page.title()).toContain("Error");
  await look(page, "code-problem");
  await page.getByLabel("OTP Password").fill("9999");
  await page.getByRole("button", { name: "Send the answer" }).click();
  await until("Pied Piper Bank did not accept your answer");
  await look(page, "wrong-code");

  await at({ institutionId: PIED_PIPER, ...back });
  await logIn({ Login: "Whistler", Password: "ShowBox" });
  await until("Pied Piper Bank asks you some questions");
  await look(page, "questions");

  await at({ institutionId: AVIATO, ...back });
  await logIn(GAVIN);
  await until("Approve the login in the app of Aviato Mutual");
  await look(page, "approval");
  await page.getByText("The bank sent me a code instead").click();
  await look(page, "approval-code");

  await at({ institutionId: HOOLI, ...back });
  await logIn(GAVIN);
  await until("Hooli Bank is connected");
  await look(page, "connected");

  const locked = await newCompany(target);
  for (const password of ["one", "two", "three"]) {
    await at({ institutionId: HOOLI, ...back }, locked);
    await logIn({ Login: "gavinBelson", Password: password });
    await until("Hooli Bank did not accept your login");
    if (password === "one") await look(page, "refused");
  }
  await look(page, "refused-locked");
  await page.goto(`${target.apiUrl}/connect/login`);
  await look(page, "locked");

  await at({ institutionId: HOOLI_GOV, ...back });
  await look(page, "login-down");
  await logIn(GAVIN);
  await until("HooliGov Bank is down at the moment");
  await look(page, "queue");
  await backend.institution(HOOLI_GOV, { status: "operational" });

  await page.goto(`${target.apiUrl}/connect/jobs/${randomUUID()}`);
  await look(page, "not-found");
  await page.context().clearCookies();
  await page.reload();
  await look(page, "no-session");

  expect(tab.watched.strangers).toEqual([]);
});
