import { expect, test } from "vitest";
import * as z from "zod";
import { stubReply, tokenReply } from "../../../functions/http/reply-schemas.ts";
import { allBegun, begun, connectionPath, list, page, refresh, refreshAll, update } from "../calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "../mobile-backend.ts";
import { refusal } from "../posting.ts";
import { localSystem } from "../start-for-tests.ts";
import { targetOf } from "../target.ts";

const system = localSystem(20);

const connections = z.object({ data: z.array(z.object({ id: z.string(), status: z.string() })) });

/** A connection that the user has made elsewhere: no job of ours knows it. */
async function madeElsewhere(backend: MobileBackend, institutionId: string): Promise<string> {
  const { sandboxUrl } = backend.target;
  const traded = await fetch(`${sandboxUrl}/token`, {
    method: "POST",
    headers: { authorization: "Basic any", "basiq-version": "3.0" },
  });
  const { access_token } = tokenReply.parse(await traded.json());
  const url = `${sandboxUrl}/users/${backend.userId}/connections`;
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const body = JSON.stringify({ ...LOGINS.jared, institution: { id: institutionId } });
  stubReply.parse(await (await fetch(url, { method: "POST", headers, body })).json());
  const listed = async () => connections.parse(await (await fetch(url, { headers })).json()).data;
  if (institutionId === HOOLI) {
    await expect.poll(async () => (await listed()).at(-1)?.status).toBe("active");
  }
  return (await listed()).at(-1)?.id ?? "";
}

const newBackend = () => new MobileBackend(targetOf(system()));

test("a connection that only upstream knows is refreshed and updated, and then known", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, HOOLI);
  const path = connectionPath(backend, connectionId);
  const asksAboutIt = async () => (await backend.upstreamCalls()).filter((call) => call === `GET ${path}`);

  const refreshing = begun(await refresh(backend, connectionId));
  expect(await asksAboutIt()).toHaveLength(1);
  const source = `${backend.target.apiUrl}${path}`;
  expect((await backend.untilOver(refreshing)).links.source).toBe(source);
  const updating = begun(await update(backend, connectionId, LOGINS.ash));
  const { steps, links } = await backend.untilOver(updating);
  expect([statuses(steps).at(-1), links.source]).toEqual(["retrieve-transactions: success", source]);
  // A job of ours has used it.
  expect(await asksAboutIt()).toHaveLength(1);
  const { data } = page(await list(backend, { filter: `connection.id.eq('${connectionId}')` }));
  expect(data.map(({ id }) => id)).toEqual([updating, refreshing]);
});

test("an update of one is told what its institution needs", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, HOOLI);
  expect(refusal(await update(backend, connectionId, {}))).toEqual([
    400,
    "parameter-not-supplied",
    ["loginId", "password"],
  ]);
});

test("at an MFA institution its refresh shows from the start that it will ask", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, PIED_PIPER);
  const jobId = begun(await refresh(backend, connectionId));
  expect(statuses((await backend.job(jobId)).steps)[1]).toMatch(/^mfa-challenge: /);
  await backend.untilAsked(jobId);
  await backend.answer(jobId, ["1234"]);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
});

test("another user does not reach it", async () => {
  const connectionId = await madeElsewhere(newBackend(), HOOLI);
  for (const call of [refresh, update] as const) {
    const reply = await call(newBackend(), connectionId, LOGINS.gavin);
    expect(refusal(reply)).toEqual([404, "resource-not-found", [undefined]]);
  }
});

test("a refresh of all takes it along", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, HOOLI);
  const [jobId = "", ...more] = allBegun(await refreshAll(backend));
  expect(more).toEqual([]);
  const job = await backend.untilOver(jobId);
  expect(job.links.source).toBe(`${backend.target.apiUrl}${connectionPath(backend, connectionId)}`);
});
