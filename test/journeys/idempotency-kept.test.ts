import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { jobsIn, newConnection, post, type RawReply } from "./keyed-posts.ts";
import { asText, rowsOfAll } from "./local/tables.ts";
import { localSystem } from "./local-system.ts";
import { LOGINS } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { targetOf } from "./target.ts";

/** 24 hours take 4 s, and one more at most, since a row's time is in whole seconds. */
const TIME_SCALE = 21_600;
const system = localSystem(TIME_SCALE);
const newBackend = () => new MobileBackend(targetOf(system()));

test("after 24 hours a key may be used again, for another request too", async () => {
  const backend = newBackend();
  const key = randomUUID();
  const token = await backend.token();
  const began = performance.now();
  const first = await post(backend, newConnection(backend), key, token);
  for (const id of jobsIn(first)) await backend.untilOver(id);
  const other = newConnection(backend, LOGINS.ash);
  let again: RawReply;
  do again = await post(backend, other, key, token);
  while (again.status === 422);
  expect(performance.now() - began).toBeGreaterThan(4_000);
  expect(again.status).toBe(202);
  expect(jobsIn(again)).not.toEqual(jobsIn(first));
  expect(await post(backend, other, key, token)).toEqual(again);
  for (const id of jobsIn(again)) await backend.untilOver(id);
  expect(await backend.loginsSent()).toBe(2);
});

test("no row holds the login or the key, whatever became of the request", async () => {
  const backend = newBackend();
  const [done, refused, reused] = [randomUUID(), randomUUID(), randomUUID()];
  const login = { loginId: "gavinBelson", password: `hooli2016` };
  for (const id of jobsIn(await post(backend, newConnection(backend, login), done)))
    await backend.untilOver(id);
  await post(backend, newConnection(backend, { password: "hooli2016" }), refused);
  await post(backend, newConnection(backend, login), reused);
  await post(backend, newConnection(backend, LOGINS.ash), reused);
  const rows = await rowsOfAll();
  const said = asText(rows);
  for (const secret of [done, refused, reused, "hooli2016", "gavinBelson", "ashMann", "hooli2024"]) {
    expect(said).not.toContain(secret);
  }
  const kept = said.match(new RegExp(`idempotency#${backend.userId}#[0-9a-f]{64}`, "g"));
  expect(kept).toHaveLength(2);
});
