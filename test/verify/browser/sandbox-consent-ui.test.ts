import { afterAll, beforeAll, expect } from "vitest";
import * as z from "zod";
import { tokenReply } from "../../../functions/http/reply-schemas.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/server.ts";
import { type AppServer, startAppServer } from "./app-server.ts";
import { browserTest, heading, openTab, untilHeading } from "./browser.ts";

let app: AppServer;
let sandbox: Sandbox;
beforeAll(async () => {
  app = await startAppServer();
  sandbox = await startSandbox({ port: 0, timeScale: 10, consentReturnUrl: app.url });
});
afterAll(async () => {
  await sandbox.close();
  await app.close();
});

async function tokenOf(scope: "CLIENT_ACCESS" | "SERVER_ACCESS", userId: string): Promise<string> {
  const headers = { authorization: "Basic any", "basiq-version": "3.0" };
  const body = new URLSearchParams({ scope, userId });
  const traded = await fetch(`${sandbox.url}/token`, { method: "POST", headers, body });
  return tokenReply.parse(await traded.json()).access_token;
}

const addressFor = async (userId: string, parameters: Record<string, string> = {}) =>
  `${sandbox.url}/home?${new URLSearchParams({ token: await tokenOf("CLIENT_ACCESS", userId), ...parameters })}`;

const listed = z.object({ data: z.array(z.object({ id: z.string() })) });

async function jobsOf(userId: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${await tokenOf("SERVER_ACCESS", userId)}` };
  const reply = await fetch(`${sandbox.url}/users/${userId}/jobs`, { headers });
  return listed.parse(await reply.json()).data.map(({ id }) => id);
}

const open = (options: Parameters<typeof openTab>[1] = {}) =>
  openTab([sandbox.url, new URL(app.url).origin], options);

browserTest.each([true, false])(
  "a person agrees, logs in, answers and goes back, with script in the browser: %s",
  async (javaScriptEnabled) => {
    const user = `person-${javaScriptEnabled}`;
    const { page, watched, close } = await open({ javaScriptEnabled });
    await page.goto(await addressFor(user, { state: "a&b=c d" }));
    expect(await page.locator("body").textContent()).toContain("This is not a bank.");
    await page.getByRole("button", { name: "I agree" }).click();
    await page.getByRole("link", { name: "Pied Piper Bank" }).click();
    await page.getByLabel("Login").fill("jared");
    await page.getByLabel("Password").fill("django");
    await page.getByRole("button", { name: "Continue" }).click();
    await untilHeading(page, "Pied Piper Bank asks");
    await page.getByLabel("OTP Password").fill("1234");
    await page.keyboard.press("Enter");
    await untilHeading(page, "Pied Piper Bank is connected");
    const before = app.visits.length;
    await page.getByRole("link", { name: "Finish" }).click();
    expect(await heading(page).textContent()).toBe("The app");
    const [jobId] = await jobsOf(user);
    expect(app.visits.slice(before)).toEqual([{ jobId, jobIds: jobId, state: "a&b=c d" }]);
    expect(watched).toEqual({ errors: [], strangers: [] });
    await close();
  },
);

browserTest("a reload and the button back repeat nothing, and cancelling takes no job along", async () => {
  const { page, watched, close } = await open();
  await page.goto(await addressFor("reloader", { state: "s" }));
  const before = app.visits.length;
  await page.getByRole("link", { name: "Cancel" }).click();
  expect(app.visits.slice(before)).toEqual([{ state: "s" }]);
  await page.goBack();
  await page.getByRole("button", { name: "I agree" }).click();
  await page.getByRole("link", { name: "Hooli Bank" }).click();
  await page.getByLabel("Login").fill("jared");
  await page.getByLabel("Password").fill("django");
  await page.getByRole("button", { name: "Continue" }).click();
  await untilHeading(page, "Hooli Bank is connected");
  await page.reload();
  await untilHeading(page, "Hooli Bank is connected");
  await page.goBack();
  await untilHeading(page, "Log in to Hooli Bank");
  expect(await page.getByLabel("Password").inputValue()).toBe("");
  expect(await jobsOf("reloader")).toHaveLength(1);
  expect(watched).toEqual({ errors: [], strangers: [] });
  await close();
});

browserTest("no other page can show the Consent UI in a frame", async () => {
  const { page, close } = await open();
  await page.goto(app.url);
  const framed = page.waitForResponse((response) => response.url().startsWith(`${sandbox.url}/home`));
  const address = await addressFor("framed");
  await page.setContent(`<iframe src="${address.replaceAll("&", "&amp;")}"></iframe>`);
  await framed;
  await expect.poll(() => page.frames()[1]?.url()).toBe("chrome-error://chromewebdata/");
  await close();
});
