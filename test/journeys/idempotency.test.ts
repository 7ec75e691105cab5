import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { connected, connectionPath, list, page } from "./calls.ts";
import { CALLS, jobsIn, newConnection, post } from "./keyed-posts.ts";
import { HOOLI, HOOLI_GOV, LOGINS, NUCLEUS } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();
const newBackend = () => new MobileBackend(reached());
const posts = async (backend: MobileBackend) =>
  (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/")).length;

describe.each(Object.entries(CALLS))("%s", (_, callOf) => {
  test("that comes again with its key is answered the same and done once, also when it is over", async () => {
    const backend = newBackend();
    const call = callOf(backend, await connected(backend, HOOLI, LOGINS.gavin));
    const key = randomUUID();
    const before = await posts(backend);
    const first = await post(backend, call, key);
    expect(first.status).toBe(202);
    expect(await post(backend, call, key)).toEqual(first);
    const jobs = jobsIn(first);
    expect(jobs).toHaveLength(1);
    for (const id of jobs) await backend.untilOver(id);
    expect(await post(backend, call, key)).toEqual(first);
    expect(await posts(backend)).toBe(before + 1);

    const another = await post(backend, call, randomUUID());
    expect(jobsIn(another)).not.toEqual(jobs);
    for (const id of jobsIn(another)) await backend.untilOver(id);
    expect(await posts(backend)).toBe(before + 2);
  });
});

test("many at once with one key are one job, and all are told the same", async () => {
  const backend = newBackend();
  const [key, token] = [randomUUID(), await backend.token()];
  const replies = await Promise.all(
    Array.from({ length: 6 }, () => post(backend, newConnection(backend), key, token)),
  );
  const [first] = replies;
  expect(first?.status).toBe(202);
  for (const reply of replies) expect(reply).toEqual(first);
  for (const id of first === undefined ? [] : jobsIn(first)) await backend.untilOver(id);
  expect(await backend.loginsSent()).toBe(1);
});

test("a job that was found is told as it was then", async () => {
  const backend = newBackend();
  await backend.faults(BANK_OUT_OF_SIGHT);
  const [id = ""] = jobsIn(await post(backend, newConnection(backend), randomUUID()));
  const key = randomUUID();
  const found = await post(backend, newConnection(backend), key);
  expect([found.status, jobsIn(found)]).toEqual([200, [id]]);
  await backend.faults([]);
  await backend.untilOver(id);
  expect(await post(backend, newConnection(backend), key)).toEqual(found);
  expect(await backend.loginsSent()).toBe(1);
});

describe("a key that was used", () => {
  async function used() {
    const backend = newBackend();
    const key = randomUUID();
    const first = await post(backend, newConnection(backend), key);
    return { backend, key, first };
  }
  const reused = expect.objectContaining({
    code: "parameter-not-valid",
    detail: "Idempotency-Key was used with another request.",
    source: { pointer: "header/Idempotency-Key", parameter: "Idempotency-Key" },
  });

  test("is refused with another body, and with another call", async () => {
    const { backend, key, first } = await used();
    const another = connectionPath(backend, "refresh");
    for (const call of [newConnection(backend, LOGINS.ash), { path: another }]) {
      const { status, text } = await post(backend, call, key);
      expect([status, JSON.parse(text).data]).toEqual([422, [reused]]);
    }
    expect(await post(backend, newConnection(backend), key)).toEqual(first);
    for (const id of jobsIn(first)) await backend.untilOver(id);
    expect(await backend.loginsSent()).toBe(1);
  });

  test("is nothing to another user", async () => {
    const { key, first } = await used();
    const another = newBackend();
    const theirs = await post(another, newConnection(another, LOGINS.ash), key);
    expect(theirs.status).toBe(202);
    expect(jobsIn(theirs)).not.toEqual(jobsIn(first));
  });

  test("is the user's, whichever token comes with it", async () => {
    const { backend, key, first } = await used();
    const client = await backend.token({ scope: "CLIENT_ACCESS", userId: backend.userId });
    expect(await post(backend, newConnection(backend), key, client)).toEqual(first);
  });

  test("tells nothing to whoever has no token for the user", async () => {
    const { backend, key } = await used();
    expect((await post(backend, newConnection(backend), key, "none")).status).toBe(401);
    const another = await backend.token({ scope: "CLIENT_ACCESS", userId: "somebody-else" });
    expect((await post(backend, newConnection(backend), key, another)).status).toBe(401);
  });
});

describe("a request with a key that was not done", () => {
  test("because it was not valid leaves nothing: corrected, it is a new one", async () => {
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

  test("because the bank could lock the account leaves nothing either", async () => {
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

  test("because upstream was down is done when it comes again", async () => {
    const backend = newBackend();
    const key = randomUUID();
    const call = newConnection(backend, LOGINS.gavin, NUCLEUS);
    await backend.faults([
      { method: "GET", path: `/institutions/${NUCLEUS}`, times: 2, do: { status: 503 } },
    ]);
    expect((await post(backend, call, key)).status).toBe(503);
    const again = await post(backend, call, key);
    expect(again.status).toBe(202);
    expect(await post(backend, call, key)).toEqual(again);
    expect(page(await list(backend)).data.map(({ id }) => id)).toEqual(jobsIn(again));
  });
});

test.each([
  ["empty", ""],
  ["too long", "x".repeat(256)],
  ["not of printable ASCII", "clé"],
])("a key that is %s is refused, and named", async (_, key) => {
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
