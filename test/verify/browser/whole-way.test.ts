import { expect } from "vitest";
import * as z from "zod";
import { ALL_DONE, statuses } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { postLink } from "../links/links.ts";
import { browserTest, heading, untilHeading } from "./browser.ts";
import { connectHooli, consentSystem, logIn, ours, wayBack } from "./visitor.ts";

/* From a link to a job of ours, with the aggregator's webhook. */

const { started, newVisitor } = consentSystem({ upstreamWebhookSecret: "upstream-webhook" });

const listed = z.object({ data: z.array(z.object({ id: z.string() })) });

browserTest(
  "a person connects a bank that asks, and our job goes on where the Consent UI has begun it",
  async () => {
    const visitor = await newVisitor();
    const { page, backend, watched, press } = visitor;
    await press({ state: "x y&z" });
    expect(new URL(page.url()).origin).toBe(started().system.sandboxUrl);
    await logIn(page, "Pied Piper Bank");
    await untilHeading(page, "Pied Piper Bank asks");
    await page.getByLabel("OTP Password").fill("1234");
    await page.getByRole("button", { name: "Continue" }).click();
    await untilHeading(page, "Pied Piper Bank is connected");
    const upstreamId = (await wayBack(page)).searchParams.get("jobId");
    const before = started().app.visits.length;
    await page.getByRole("link", { name: "Finish" }).click();
    expect(await heading(page).textContent()).toBe("The app");
    const [jobId = "", ...more] = await ours(backend);
    expect([more, jobId === upstreamId]).toEqual([[], false]);
    const back = {
      jobIds: jobId,
      state: "x y&z",
      outcome: expect.stringMatching(/^(in-progress|succeeded)$/),
    };
    expect(started().app.visits.slice(before)).toEqual([back]);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect(watched).toEqual({ errors: [], strangers: [] });
    await visitor.close();
  },
);

browserTest("a person connects two banks in one visit, and both jobs are ours, in their order", async () => {
  const visitor = await newVisitor();
  const { page, backend, press } = visitor;
  await press();
  await connectHooli(page);
  await page.getByRole("link", { name: "Connect another bank" }).click();
  await logIn(page, "HooliGov Bank");
  await untilHeading(page, "HooliGov Bank is connected");
  const before = started().app.visits.length;
  await page.getByRole("link", { name: "Finish" }).click();
  const jobIds = started().app.visits[before]?.["jobIds"]?.split(",") ?? [];
  expect(new Set(jobIds)).toEqual(new Set(await ours(backend)));
  const banks = await Promise.all(jobIds.map(async (id) => (await backend.untilOver(id)).links.source));
  expect(new Set(banks).size).toBe(2);
  await visitor.close();
});

browserTest(
  "a window that is closed before the way back: the aggregator's webhook names the user, and the job becomes ours",
  async () => {
    const visitor = await newVisitor();
    await visitor.press();
    await connectHooli(visitor.page);
    await visitor.close();
    const { backend } = visitor;
    await expect.poll(async () => (await ours(backend)).length, { timeout: 600_000 }).toBe(1);
    const [jobId = ""] = await ours(backend);
    expect((await backend.untilOver(jobId)).steps.at(-1)?.status).toBe("success");
  },
);

browserTest("a person who cancels goes back to the app without a job, and may begin again", async () => {
  const visitor = await newVisitor();
  const { page, backend, press } = visitor;
  await press({ state: "s" });
  const before = started().app.visits.length;
  await page.getByRole("link", { name: "Cancel" }).click();
  expect(started().app.visits.slice(before)).toEqual([{ state: "s", outcome: "cancelled" }]);
  expect(await ours(backend)).toEqual([]);
  await press();
  await connectHooli(page);
  await page.getByRole("link", { name: "Finish" }).click();
  expect(await ours(backend)).toHaveLength(1);
  await visitor.close();
});

browserTest(
  "a changed policy: the link needs the confirmation, and the person agrees to lose the connections",
  async () => {
    const visitor = await newVisitor();
    const { page, backend, press } = visitor;
    await press();
    await connectHooli(page);
    await page.getByRole("link", { name: "Finish" }).click();
    const [first = ""] = await ours(backend);
    await backend.untilOver(first);
    const link = { returnUrl: started().app.url, action: "update" };
    expect(refusal(await postLink(backend, backend.userId, link))[0]).toBe(400);
    await backend.control("PUT", "consent-ui", { policy: 2 });
    await press({ action: "update", confirm: "deletes-connections" });
    await untilHeading(page, "Agree to new terms");
    const connections = async () =>
      listed.parse((await backend.call("GET", `/users/${backend.userId}/connections`)).json).data;
    expect(await connections()).toHaveLength(1);
    await page.getByRole("button", { name: "I agree" }).click();
    await untilHeading(page, "Choose your bank");
    expect(await connections()).toEqual([]);
    await connectHooli(page);
    await page.getByRole("link", { name: "Finish" }).click();
    expect(await ours(backend)).toHaveLength(2);
    expect(await connections()).toHaveLength(1);
    await visitor.close();
  },
);

browserTest(
  "a question that a person leaves in the Consent UI is asked on our page, and its answer goes to the bank",
  async () => {
    const visitor = await newVisitor();
    const { page, backend, press, watched } = visitor;
    await press();
    await logIn(page, "Pied Piper Bank");
    await untilHeading(page, "Pied Piper Bank asks");
    await page.getByRole("link", { name: "Cancel" }).click();
    const [jobId = ""] = await ours(backend);
    await backend.untilAsked(jobId);
    await page.goto(`${started().system.apiUrl}/connect/jobs/${jobId}`);
    await untilHeading(page, "Enter the code from Pied Piper Bank");
    await page.getByLabel("OTP Password").fill("1234");
    await page.getByRole("button", { name: "Send the answer" }).click();
    await untilHeading(page, "Pied Piper Bank is connected");
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect(watched).toEqual({ errors: [], strangers: [] });
    await visitor.close();
  },
);
