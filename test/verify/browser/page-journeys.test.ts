import type { Page } from "playwright-core";
import { afterAll, afterEach, expect } from "vitest";
import { AVIATO, HOOLI, HOOLI_GOV, NUCLEUS, PIED_PIPER } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { linkFor, newCompany } from "../page/visits.ts";
import { startAppServer } from "./app-server.ts";
import { browserTest, heading, openTab, type Tab, untilHeading } from "./browser.ts";
import { jobIdOn, logIn, visit } from "./page-visit.ts";
import { jobThatAsks, jobThatFails, replyWith, TAKES_ALL } from "./sandbox-replies.ts";

const app = await startAppServer();
afterAll(() => app.close());
/** A bank takes 0.4 s for a step, and a challenge lasts 24 s. */
const system = localSystem(5, () => ({ settings: { returnUrls: app.url } }));

const GAVIN = { Login: "gavinBelson", Password: "hooli2016" };
const JARED = { Login: "jared", Password: "django" };
const CODE = "Enter the code from Pied Piper Bank";
const CONNECTED = "Pied Piper Bank is connected";

let tab: Tab;
let backend: MobileBackend;
afterEach(async () => {
  await backend.faults([]);
  await tab.close();
});

/** A person's browser, and the backend of the company that sends the link. */
async function begin(options: Parameters<typeof openTab>[1] = {}): Promise<Page> {
  const target = targetOf(system());
  backend = await newCompany(target);
  tab = await openTab([target.apiUrl, new URL(app.url).origin], options);
  return tab.page;
}

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** The page did nothing that it may not do. */
function expectNoMischief(): void {
  expect(tab.watched).toEqual({ errors: [], strangers: [] });
}

for (const javaScriptEnabled of [true, false]) {
  browserTest(`the whole way works, script ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const page = await begin({ javaScriptEnabled });
    await visit(tab, backend, { returnUrl: app.url, state: "order 7" });
    await page.getByLabel("Name of your bank").fill("pied");
    await press(page, "Search");
    await page.getByRole("link", { name: "Pied Piper Bank" }).click();
    await logIn(page, JARED);
    await untilHeading(page, CODE);
    await page.getByLabel("OTP Password").fill("1234");
    await press(page, "Send the answer");
    await untilHeading(page, CONNECTED);
    const jobIds = jobIdOn(page);
    await page.getByRole("link", { name: "Go back to the app" }).click();
    await untilHeading(page, "The app");
    expect(app.visits.at(-1)).toEqual({ jobIds, state: "order 7", outcome: "succeeded" });
    expectNoMischief();
  });
}

browserTest(
  "a script shows what comes in the same page, moves the focus, and counts down aloud",
  async () => {
    const page = await begin();
    await backend.faults(BANK_OUT_OF_SIGHT);
    await visit(tab, backend, { institutionId: PIED_PIPER });
    await logIn(page, JARED);
    await untilHeading(page, "Connecting Pied Piper Bank");
    await page.evaluate("window.isSame = true");
    await backend.faults([]);
    await untilHeading(page, CODE);
    expect(await page.title()).toBe(CODE);
    expect(await page.evaluate("document.activeElement.tagName")).toBe("H1");
    const left = await page.locator(".left").textContent();
    await expect.poll(() => page.locator(".left").textContent()).not.toBe(left);
    // What a person types stays, whatever the server says meanwhile.
    await page.getByLabel("OTP Password").fill("12");
    await page.getByLabel("OTP Password").pressSequentially("34");
    expect(await page.evaluate("window.isSame")).toBe(true);
    await press(page, "Send the answer");
    await untilHeading(page, CONNECTED);
    expectNoMischief();
  },
);

browserTest("the whole way works with the keyboard alone", async () => {
  const page = await begin();
  await page.goto(await linkFor(backend, { returnUrl: app.url }));
  /** Moves on until what has the focus has this name. */
  const tabTo = async (name: string) => {
    for (let keys = 0; keys < 40; keys++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(
        "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent.trim()",
      );
      if (String(at).endsWith(name)) return;
    }
    throw new Error(`No key leads to ${name}.`);
  };
  await tabTo("Continue");
  await page.keyboard.press("Enter");
  await untilHeading(page, "Choose your bank");
  await tabTo("Pied Piper Bank");
  await page.keyboard.press("Enter");
  await untilHeading(page, "Log in to Pied Piper Bank");
  await tabTo("Login");
  await page.keyboard.type("jared");
  await tabTo("Password");
  await page.keyboard.type("django");
  await page.keyboard.press("Enter");
  await untilHeading(page, CODE);
  await tabTo("OTP Password");
  await page.keyboard.type("1234");
  await page.keyboard.press("Enter");
  await untilHeading(page, CONNECTED);
  await tabTo("Go back to the app");
  await page.keyboard.press("Enter");
  await untilHeading(page, "The app");
  expectNoMischief();
});

browserTest("reloading and going back is harmless in every state", async () => {
  const page = await begin();
  await backend.faults(BANK_OUT_OF_SIGHT);
  await visit(tab, backend, { institutionId: PIED_PIPER });
  await page.reload();
  await untilHeading(page, "Log in to Pied Piper Bank");
  await logIn(page, JARED);
  await untilHeading(page, "Connecting Pied Piper Bank");
  await page.reload();
  await untilHeading(page, "Connecting Pied Piper Bank");
  await page.goBack();
  await untilHeading(page, "Log in to Pied Piper Bank");
  // The same bank while its job runs: the person comes back to that job.
  await logIn(page, JARED);
  await untilHeading(page, "Connecting Pied Piper Bank");
  await backend.faults([]);
  await untilHeading(page, CODE);
  await page.reload();
  await untilHeading(page, CODE);
  await page.getByLabel("OTP Password").fill("1234");
  await press(page, "Send the answer");
  await untilHeading(page, CONNECTED);
  await page.reload();
  await untilHeading(page, CONNECTED);
  await page.goBack();
  await page.goForward();
  await untilHeading(page, CONNECTED);
  expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 1]);
});

browserTest("two tabs show the same job, and one answer is sent", async () => {
  const page = await begin();
  await visit(tab, backend, { institutionId: PIED_PIPER });
  await logIn(page, JARED);
  await untilHeading(page, CODE);
  const other = await tab.another();
  await other.goto(page.url());
  await untilHeading(other, CODE);
  await page.getByLabel("OTP Password").fill("1234");
  await press(page, "Send the answer");
  await untilHeading(page, CONNECTED);
  await untilHeading(other, CONNECTED);
  expect(await backend.answersSent()).toBe(1);
  expectNoMischief();
});

browserTest("a person who leaves for the app of the bank comes back to the question", async () => {
  const page = await begin();
  await visit(tab, backend, { institutionId: AVIATO });
  await logIn(page, GAVIN);
  await untilHeading(page, "Approve the login in the app of Aviato Mutual");
  const url = page.url();
  await page.goto("about:blank");
  await page.goto(url);
  await press(page, "I have approved it");
  await untilHeading(page, "Aviato Mutual is connected");
  expectNoMischief();
});

browserTest("a second tap on a button sends nothing", async () => {
  const page = await begin();
  await visit(tab, backend, { institutionId: NUCLEUS });
  await page.getByLabel("Login", { exact: true }).fill(GAVIN.Login);
  await page.getByLabel("Password").fill(GAVIN.Password);
  const posts: string[] = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
  await page.getByRole("button", { name: "Log in" }).dblclick();
  await expect.poll(() => heading(page).textContent()).toMatch(/Nucleus Bank (asks|is connected)/);
  expect(posts).toHaveLength(1);
  expect(await backend.loginsSent()).toBe(1);
});

browserTest("a page of another site cannot show our pages in a frame", async () => {
  const page = await begin();
  await visit(tab, backend, { institutionId: HOOLI });
  const address = page.url();
  await page.goto(app.url);
  await page.evaluate(`document.body.innerHTML = '<iframe src="${address}"></iframe>'`);
  await expect.poll(() => tab.watched.errors.join()).toContain("frame");
  expect(await page.frameLocator("iframe").locator("h1").allTextContents()).not.toContain(
    "Log in to Hooli Bank",
  );
});

/** Each text of a bank tries to become markup, and a script. */
const EVIL = `"'><img src=x onerror=alert(1)><script>alert(2)</script>`;

browserTest("markup in every text of a bank stays text", async () => {
  const page = await begin();
  page.on("dialog", (dialog) => tab.watched.errors.push(dialog.message()));
  const bank = {
    type: "institution",
    id: HOOLI_GOV,
    name: `Name ${EVIL}`,
    shortName: EVIL,
    authorization: "user-mfa",
    status: "operational",
    loginIdCaption: `Login ${EVIL}`,
    passwordCaption: `Password ${EVIL}`,
    securityCodeCaption: `Code ${EVIL}`,
    forgottenPasswordUrl: `javascript:alert(3)//${EVIL}`,
  };
  const asks = {
    method: "security-questions",
    description: `Says ${EVIL}`,
    input: [`Asks ${EVIL}`],
    expiryMs: 120_000,
  };
  const faults = [
    replyWith("/institutions", { type: "list", data: [bank] }),
    replyWith("/institutions/*", bank),
    ...TAKES_ALL,
  ];
  const says = (text: string) => page.getByText(`${text} ${EVIL}`).first().waitFor();
  await backend.faults([...faults, jobThatAsks(asks)]);
  await visit(tab, backend);
  await says("Name");
  await page.getByRole("link", { name: "Name" }).click();
  for (const caption of ["Login", "Password", "Code"])
    await page.getByLabel(`${caption} ${EVIL}`).fill("any");
  expect(await page.getByRole("link", { name: "Forgotten" }).count()).toBe(0);
  await press(page, "Log in");
  await says("Says");
  await page.getByLabel(`Asks ${EVIL}`).fill("any");
  const refused = { code: EVIL, title: `Title ${EVIL}`, detail: `Detail ${EVIL}` };
  await backend.faults([...faults, jobThatFails(refused)]);
  await press(page, "Send the answer");
  await says("Title");
  await says("Detail");
  expect(await page.locator("img, script[src]").count()).toBe(0);
  expectNoMischief();
});
