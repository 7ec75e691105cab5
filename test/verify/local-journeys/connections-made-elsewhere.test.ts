import { expect, test } from "vitest";
import {
  allBegun,
  begun,
  connectionPath,
  list,
  page,
  refresh,
  refreshAll,
  succeeded,
  update,
} from "../../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { madeElsewhere } from "./made-elsewhere.ts";

const system = localSystem(10);

const newBackend = () => new MobileBackend(targetOf(system()));

test("a connection made elsewhere is refreshed and updated, and looked up only once", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, HOOLI);
  const path = connectionPath(backend, connectionId);
  const lookUps = async () => (await backend.upstreamCalls()).filter((call) => call === `GET ${path}`);

  const refreshing = begun(await refresh(backend, connectionId));
  expect(await lookUps()).toHaveLength(1);
  const source = `${backend.target.apiUrl}${path}`;
  expect((await succeeded(backend, refreshing)).links.source).toBe(source);
  const updating = begun(await update(backend, connectionId, LOGINS.ash));
  expect((await succeeded(backend, updating)).links.source).toBe(source);
  expect(await lookUps()).toHaveLength(1);
  const { data } = page(await list(backend, { filter: `connection.id.eq('${connectionId}')` }));
  expect(data.map(({ id }) => id)).toEqual([updating, refreshing]);
});

test("a refresh of a connection made elsewhere at an MFA institution has the challenge from the start", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, PIED_PIPER);
  const jobId = begun(await refresh(backend, connectionId));
  expect(statuses((await backend.job(jobId)).steps)[1]).toMatch(/^mfa-challenge: /);
  await backend.untilAsked(jobId);
  await backend.answer(jobId, ["1234"]);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
});

test("a connection made elsewhere is hidden from other users, and in the refresh of all of its own user", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, HOOLI);
  for (const call of [refresh, update] as const) {
    const reply = await call(newBackend(), connectionId, LOGINS.gavin);
    expect(refusal(reply)).toEqual([404, "resource-not-found", [undefined]]);
  }
  const [jobId = "", ...more] = allBegun(await refreshAll(backend));
  expect(more).toEqual([]);
  const { links } = await succeeded(backend, jobId);
  expect(links.source).toBe(`${backend.target.apiUrl}${connectionPath(backend, connectionId)}`);
});
