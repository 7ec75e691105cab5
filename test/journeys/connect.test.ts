import { describe, expect, test } from "vitest";
import { jobReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { succeeded } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, isOver, MobileBackend, statuses } from "./mobile-backend.ts";
import { isQueued } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();
const newBackend = () => new MobileBackend(reached());

const TITLES = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];

describe.concurrent("a new connection", () => {
  test("ends with links to the connection, its accounts and its transactions", async () => {
    const backend = newBackend();
    const { apiUrl } = reached();
    const reply = await backend.connect(HOOLI, LOGINS.gavin);
    expect(reply.status).toBe(202);
    const stub = stubReply.parse(reply.json);
    expect(stub.links.self).toBe(`${apiUrl}/jobs/${stub.id}`);

    const job = await backend.untilOver(stub.id);
    expect(statuses(job.steps)).toEqual(TITLES.map((title) => `${title}: success`));
    const user = `/users/${backend.userId}`;
    expect(job.links.self).toBe(stub.links.self);
    expect(job.links.source).toMatch(new RegExp(`^${apiUrl}${user}/connections/[\\w-]+$`));
    expect(job.steps.map(({ result }) => result)).toEqual([
      { type: "link", url: job.links.source?.slice(apiUrl.length) },
      { type: "link", url: `${user}/accounts?filter=institution.id.eq('${HOOLI}')` },
      { type: "link", url: `${user}/transactions?filter=institution.id.eq('${HOOLI}')` },
    ]);
    expect(await backend.loginsSent()).toBe(1);
    expect(await backend.job(stub.id)).toEqual(job);
  });

  test("shows its steps in order, and no step goes back", async () => {
    const backend = newBackend();
    const jobId = await backend.startJob(HOOLI, LOGINS.ash);
    const rank = { pending: 0, "in-progress": 1, success: 2, failed: 2, skipped: 2 };
    const seen: number[][] = [];
    const { created, updated } = await backend.until(jobId, (steps) => {
      seen.push(steps.map(({ status }) => rank[status]));
      return isOver(steps);
    });
    for (const [index, ranks] of seen.entries()) {
      const before = seen[index - 1] ?? [0, 0, 0];
      expect(ranks.every((value, step) => value >= (before[step] ?? 0))).toBe(true);
    }
    expect(updated >= created).toBe(true);
  });

  test.each([
    ["bighead", LOGINS.bighead, { code: "invalid-credentials", detail: "Account is locked" }],
    ["erlich", LOGINS.erlich, { code: "account-not-accessible-requires-user-action" }],
    ["an unknown user", { loginId: "nobody", password: "nobody-knows" }, { code: "invalid-credentials" }],
  ])("of %s fails with the bank's error", async (_, login, result) => {
    const backend = newBackend();
    const job = await backend.untilOver(await backend.startJob(HOOLI, login));
    expect(job.steps[0]).toMatchObject({ title: "verify-credentials", status: "failed", result });
    expect(statuses(job.steps).slice(1)).toEqual([
      "retrieve-accounts: pending",
      "retrieve-transactions: pending",
    ]);
    expect(job.links.source).toBeUndefined();
    expect(await backend.loginsSent()).toBe(1);
  });

  test("waits in the queue when the bank blames itself, as for jianYang", async () => {
    const backend = newBackend();
    const jobId = await backend.startJob(HOOLI, LOGINS.jianYang);
    const job = await backend.until(jobId, (steps) => isOver(steps) || isQueued(steps));
    expect(statuses(job.steps)).toEqual(TITLES.map((title) => `${title}: pending`));
    expect(await backend.loginsSent()).toBe(1);
  });

  test("needs a user token at a bank without logins", async () => {
    const backend = newBackend();
    await succeeded(backend, await backend.startJob(TOKEN_BANK, { userToken: "token:PTln18RhwL" }));
    const wrong = await backend.startJob(TOKEN_BANK, { userToken: "token:wrong" });
    expect((await backend.untilOver(wrong)).steps[0]?.result).toMatchObject({ code: "invalid-credentials" });
  });

  test("needs a security code and a second login id at a bank that wants them", async () => {
    const backend = newBackend();
    const login = { ...LOGINS.gavin, securityCode: "4321", secondaryLoginId: "second" };
    await succeeded(backend, await backend.startJob(RAVIGA, login));
  });

  test("is a job of its own for another user and for another institution", async () => {
    const [one, another] = [newBackend(), newBackend()];
    const ids = await Promise.all([
      one.startJob(HOOLI, LOGINS.gavin),
      one.startJob(HOOLI_GOV, LOGINS.gavin),
      another.startJob(HOOLI, LOGINS.gavin),
    ]);
    expect(new Set(ids).size).toBe(3);
    await Promise.all([succeeded(one, ids[0]), succeeded(one, ids[1]), succeeded(another, ids[2])]);
    expect([await one.loginsSent(), await another.loginsSent()]).toEqual([2, 1]);
  });

  test("may be requested again at once when the bank refused the login", async () => {
    const backend = newBackend();
    await backend.untilOver(await backend.startJob(HOOLI, { ...LOGINS.gavin, password: "mistyped" }));
    await succeeded(backend, await backend.startJob(HOOLI, LOGINS.gavin));
    expect(await backend.loginsSent()).toBe(2);
  });

  test("is answered with the whole job while that runs, and with a new job after it", async () => {
    const backend = newBackend();
    const first = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(first);
    const again = await backend.connect(PIED_PIPER, LOGINS.jared);
    expect(again.status).toBe(200);
    expect(jobReply.parse(again.json)).toEqual(await backend.job(first));
    await backend.answer(first, ["1234"]);
    await succeeded(backend, first);
    expect(await backend.startJob(PIED_PIPER, LOGINS.jared)).not.toBe(first);
  });
});

test("twelve identical requests at once make one job and send one login", async () => {
  const backend = newBackend();
  await backend.token();
  // The job is not over before the last request comes.
  await backend.faults(BANK_OUT_OF_SIGHT);
  const replies = await Promise.all(Array.from({ length: 12 }, () => backend.connect(HOOLI, LOGINS.gavin)));
  await backend.faults([]);
  expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(11).fill(200), 202]);
  const made = stubReply.parse(replies.find(({ status }) => status === 202)?.json);
  for (const { json } of replies.filter(({ status }) => status === 200)) {
    expect(jobReply.parse(json).id).toBe(made.id);
  }
  await succeeded(backend, made.id);
  expect(await backend.loginsSent()).toBe(1);
});
