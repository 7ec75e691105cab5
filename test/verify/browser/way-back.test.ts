import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import * as z from "zod";
import { targetOf } from "../../journeys/target.ts";
import { browserTest, heading, openTab } from "./browser.ts";
import { connectHooli, consentSystem, ours, wayBack } from "./visitor.ts";

/* What others can do with the address of the way back. No webhook of the aggregator brings jobs in. */

const { started, newVisitor } = consentSystem();

browserTest("a way back works again with the same jobs only, and in no other browser", async () => {
  const visitor = await newVisitor();
  const { page, backend, another, press } = visitor;
  await press();
  await connectHooli(page);
  const address = await wayBack(page);
  const stranger = await openTab([started().system.apiUrl]);
  await stranger.page.goto(address.href);
  expect(await heading(stranger.page).textContent()).not.toBe("The app");
  expect([await ours(backend), stranger.page.url()]).toEqual([[], address.href]);
  await stranger.close();

  await page.goto(address.href);
  const [jobId] = await ours(backend);
  const visit = started().app.visits.at(-1);
  expect(visit?.["jobIds"]).toBe(jobId);
  const changed = new URL(address);
  changed.searchParams.set("jobIds", "");
  changed.searchParams.set("jobId", "");
  const other = await another();
  await other.goto(changed.href);
  expect(started().app.visits.at(-1)?.["jobIds"]).toBe(jobId);
  expect(await ours(backend)).toEqual([jobId]);
  await visitor.close();
});

browserTest("a forged state brings nothing in", async () => {
  const visitor = await newVisitor();
  const { page, backend, press } = visitor;
  await press();
  await connectHooli(page);
  const address = await wayBack(page);
  const state = address.searchParams.get("state") ?? "";
  const before = started().app.visits.length;
  for (const forged of ["", state.slice(0, -1), `${state.slice(0, -4)}AAAA`, state.toUpperCase()]) {
    address.searchParams.set("state", forged);
    const reply = await page.goto(address.href);
    expect(reply?.status()).toBeGreaterThanOrEqual(400);
  }
  expect([await ours(backend), started().app.visits.length]).toEqual([[], before]);
  await visitor.close();
});

const listed = z.object({ data: z.array(z.object({ id: z.string() })) });
const traded = z.object({ access_token: z.string() });

async function upstreamJobs(userId: string): Promise<string[]> {
  const { sandboxUrl } = targetOf(started().system);
  const asked = { authorization: "Basic any", "basiq-version": "3.0" };
  const token = traded.parse(
    await (await fetch(`${sandboxUrl}/token`, { method: "POST", headers: asked })).json(),
  );
  const headers = { authorization: `Bearer ${token.access_token}` };
  return listed
    .parse(await (await fetch(`${sandboxUrl}/users/${userId}/jobs`, { headers })).json())
    .data.map(({ id }) => id);
}

browserTest("jobs of other users, jobs that nobody knows, and more than 20 jobs are not taken", async () => {
  const victim = await newVisitor();
  await victim.press();
  await connectHooli(victim.page);
  const [foreign = ""] = await upstreamJobs(victim.backend.userId);

  const visitor = await newVisitor();
  const { page, backend, press } = visitor;
  await press();
  await connectHooli(page);
  const address = await wayBack(page);
  const own = address.searchParams.get("jobId") ?? "";
  address.searchParams.delete("jobId");
  const crowd = Array.from({ length: 20 }, () => randomUUID());
  address.searchParams.set("jobIds", [foreign, ...crowd, own].join(","));
  await page.goto(address.href);
  expect(await ours(backend)).toEqual([]);
  await victim.close();
  await visitor.close();
});
