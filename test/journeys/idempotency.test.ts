import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { jobReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { connected, connectionPath, list, page, succeeded } from "./calls.ts";
import { AVIATO, HOOLI, HOOLI_GOV, LOGINS } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "./mobile-backend.ts";
import { newConnection, type Posted, post, type RawReply } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();
const newBackend = () => new MobileBackend(reached());
const posts = async (backend: MobileBackend) =>
  (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/")).length;

/** The ids of the jobs in a reply: a stub, a job, or a list of stubs. */
function jobsIn({ text }: RawReply): string[] {
  const json: unknown = JSON.parse(text);
  const one = stubReply.safeParse(json);
  if (one.success) return [one.data.id];
  const whole = jobReply.safeParse(json);
  if (whole.success) return [whole.data.id];
  return [...text.matchAll(/"id":"([^"]+)"/g)].map(([, id = ""]) => id);
}

/** The requests that make a job, for a user with this connection. */
const REQUESTS: [string, (backend: MobileBackend, connectionId: string) => Posted][] = [
  ["a new connection", (backend) => newConnection(backend)],
  [
    "an update",
    (backend, connectionId) => ({
      path: connectionPath(backend, connectionId),
      body: JSON.stringify(LOGINS.gavin),
    }),
  ],
  ["a refresh", (backend, connectionId) => ({ path: `${connectionPath(backend, connectionId)}/refresh` })],
  ["a refresh of all", (backend) => ({ path: connectionPath(backend, "refresh") })],
];

async function used() {
  const backend = newBackend();
  const key = randomUUID();
  return { backend, key, first: await post(backend, newConnection(backend), key) };
}
const REUSED = {
  code: "parameter-not-valid",
  detail: "Idempotency-Key was used with another request.",
  source: { pointer: "header/Idempotency-Key", parameter: "Idempotency-Key" },
};

describe.concurrent("a request with a key", () => {
  test.each(REQUESTS)("for %s gets the first reply again, and is done once", async (_, requestOf) => {
    const backend = newBackend();
    const request = requestOf(backend, await connected(backend, HOOLI, LOGINS.gavin));
    const key = randomUUID();
    const before = await posts(backend);
    const first = await post(backend, request, key);
    expect(first.status).toBe(202);
    expect(await post(backend, request, key)).toEqual(first);
    const [job = "", ...more] = jobsIn(first);
    expect(more).toEqual([]);
    await succeeded(backend, job);
    expect(await post(backend, request, key)).toEqual(first);
    expect(await posts(backend)).toBe(before + 1);

    const [another = ""] = jobsIn(await post(backend, request, randomUUID()));
    expect(another).not.toBe(job);
    await succeeded(backend, another);
    expect(await posts(backend)).toBe(before + 2);
  });

  test("sent six times at once makes one job, and each copy gets the same reply", async () => {
    const backend = newBackend();
    const [key, token] = [randomUUID(), await backend.token()];
    const send = () => post(backend, newConnection(backend), key, token);
    const [first, ...others] = await Promise.all([send(), send(), send(), send(), send(), send()]);
    expect(first.status).toBe(202);
    for (const other of others) expect(other).toEqual(first);
    for (const id of jobsIn(first)) await succeeded(backend, id);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("is refused with another body or another path, and the first reply stays", async () => {
    const { backend, key, first } = await used();
    const otherPath = { path: connectionPath(backend, "refresh") };
    for (const request of [newConnection(backend, LOGINS.ash), otherPath]) {
      const { status, text } = await post(backend, request, key);
      expect([status, JSON.parse(text).data]).toEqual([422, [expect.objectContaining(REUSED)]]);
    }
    expect(await post(backend, newConnection(backend), key)).toEqual(first);
    for (const id of jobsIn(first)) await succeeded(backend, id);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("is the same request with its members in another order, more blanks, and ids in upper case", async () => {
    const { backend, key, first } = await used();
    const { path } = newConnection(backend);
    const { loginId, password } = LOGINS.gavin;
    const body = JSON.stringify({ institution: { id: HOOLI }, password, loginId }, undefined, 2);
    for (const same of [path, path.replace(backend.userId, backend.userId.toUpperCase())]) {
      expect(await post(backend, { path: same, body }, key)).toEqual(first);
    }
    for (const id of jobsIn(first)) await succeeded(backend, id);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("belongs to its user: another user may use the same key", async () => {
    const { key, first } = await used();
    const another = newBackend();
    const theirs = await post(another, newConnection(another, LOGINS.ash), key);
    expect(theirs.status).toBe(202);
    expect(jobsIn(theirs)).not.toEqual(jobsIn(first));
  });

  test("gets the first reply with any token of its user, and with no other token", async () => {
    const { backend, key, first } = await used();
    const client = await backend.token({ scope: "CLIENT_ACCESS", userId: backend.userId });
    expect(await post(backend, newConnection(backend), key, client)).toEqual(first);
    expect((await post(backend, newConnection(backend), key, "none")).status).toBe(401);
    const another = await backend.token({ scope: "CLIENT_ACCESS", userId: "somebody-else" });
    expect((await post(backend, newConnection(backend), key, another)).status).toBe(401);
  });

  test("leaves no trace when it was not valid: the corrected request is new", async () => {
    const backend = newBackend();
    const key = randomUUID();
    const { loginId } = LOGINS.gavin;
    expect((await post(backend, newConnection(backend, { loginId }), key)).status).toBe(400);
    const unknown = newConnection(backend, LOGINS.gavin, "AU99999");
    expect((await post(backend, unknown, key)).status).toBe(400);
    const corrected = await post(backend, newConnection(backend), key);
    expect(corrected.status).toBe(202);
    expect(await post(backend, newConnection(backend), key)).toEqual(corrected);
  });

  test("leaves no trace when the login was blocked", async () => {
    const backend = newBackend();
    const wrong = newConnection(backend, { ...LOGINS.gavin, password: "mistyped" });
    for (let login = 0; login < 3; login++) {
      for (const id of jobsIn(await post(backend, wrong))) await backend.untilOver(id);
    }
    const key = randomUUID();
    expect((await post(backend, newConnection(backend), key)).status).toBe(429);
    const elsewhere = newConnection(backend, LOGINS.gavin, HOOLI_GOV);
    expect((await post(backend, elsewhere, key)).status).toBe(202);
  });

  test.each([
    ["empty", ""],
    ["too long", "x".repeat(256)],
    ["not printable ASCII", "clé"],
  ])("that is %s is refused", async (_, key) => {
    const backend = newBackend();
    const { status, text } = await post(backend, newConnection(backend), key);
    const named = expect.objectContaining({
      code: "parameter-not-valid",
      detail: "Idempotency-Key parameter is not valid.",
      source: { pointer: "header/Idempotency-Key", parameter: "Idempotency-Key" },
    });
    expect([status, JSON.parse(text).data]).toEqual([400, [named]]);
    expect(await backend.loginsSent()).toBe(0);
  });
});

test("a request that found a running job gets the same reply after that job is over", async () => {
  const backend = newBackend();
  await backend.faults(BANK_OUT_OF_SIGHT);
  const [id = ""] = jobsIn(await post(backend, newConnection(backend), randomUUID()));
  const key = randomUUID();
  const found = await post(backend, newConnection(backend), key);
  expect([found.status, jobsIn(found)]).toEqual([200, [id]]);
  await backend.faults([]);
  await succeeded(backend, id);
  expect(await post(backend, newConnection(backend), key)).toEqual(found);
  expect(await backend.loginsSent()).toBe(1);
});

test("a request that failed because the aggregator was down is done when it is repeated", async () => {
  const backend = newBackend();
  const key = randomUUID();
  // No earlier journey uses this institution: the functions have not cached it.
  const request = newConnection(backend, LOGINS.gavin, AVIATO);
  await backend.faults([{ method: "GET", path: `/institutions/${AVIATO}`, times: 2, do: { status: 503 } }]);
  expect((await post(backend, request, key)).status).toBe(503);
  const again = await post(backend, request, key);
  expect(again.status).toBe(202);
  expect(await post(backend, request, key)).toEqual(again);
  expect(page(await list(backend)).data.map(({ id }) => id)).toEqual(jobsIn(again));
});
