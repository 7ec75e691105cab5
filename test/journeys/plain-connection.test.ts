import { describe, expect, test } from "vitest";
import { stubReply } from "../../functions/http/reply-schemas.ts";
import { HOOLI, HOOLI_GOV, LOGINS, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { isOver, MobileBackend, statuses, stepOf } from "./mobile-backend.ts";
import { isQueued } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();

const ALL_DONE = [
  "verify-credentials: success",
  "retrieve-accounts: success",
  "retrieve-transactions: success",
];

test("connects a bank and links to what it found", async () => {
  const backend = new MobileBackend(reached());
  const { apiUrl } = reached();
  const reply = await backend.connect(HOOLI, LOGINS.gavin);
  expect(reply.status).toBe(202);
  const stub = stubReply.parse(reply.json);
  expect(stub.links.self).toBe(`${apiUrl}/jobs/${stub.id}`);

  const job = await backend.untilOver(stub.id);
  expect(statuses(job.steps)).toEqual(ALL_DONE);
  const user = `/users/${backend.userId}`;
  expect(job.links.self).toBe(stub.links.self);
  expect(job.links.source).toMatch(new RegExp(`^${apiUrl}${user}/connections/[\\w-]+$`));
  expect(job.steps.map(({ result }) => result)).toEqual([
    { type: "link", url: job.links.source?.slice(apiUrl.length) },
    { type: "link", url: `${user}/accounts?filter=institution.id.eq('${HOOLI}')` },
    { type: "link", url: `${user}/transactions?filter=institution.id.eq('${HOOLI}')` },
  ]);
  expect(await backend.loginsSent()).toBe(1);
});

test("shows every step once it is there, and never one going back", async () => {
  const backend = new MobileBackend(reached());
  const jobId = await backend.startJob(HOOLI, LOGINS.ash);
  const rank = { pending: 0, "in-progress": 1, success: 2, failed: 2, skipped: 2 };
  const seen: number[][] = [];
  const updates: string[] = [];
  const job = await backend.until(jobId, (steps) => {
    seen.push(steps.map(({ status }) => rank[status]));
    return steps.every(({ status }) => status === "success");
  });
  updates.push(job.created, job.updated);
  for (const [index, ranks] of seen.entries()) {
    const before = seen[index - 1] ?? [0, 0, 0];
    expect(ranks.every((value, step) => value >= (before[step] ?? 0))).toBe(true);
  }
  expect(updates).toEqual(updates.toSorted());
  expect(await backend.job(jobId)).toEqual(job);
});

describe("every published user", () => {
  const users = [LOGINS.max, LOGINS.whistler, LOGINS.gilfoyle, LOGINS.gavin];
  const others = [LOGINS.jared, LOGINS.richard, LOGINS.laurie, LOGINS.ash];
  test.each([...users, ...others])("$loginId connects", async (login) => {
    const backend = new MobileBackend(reached());
    const job = await backend.untilOver(await backend.startJob(HOOLI_GOV, login));
    expect(statuses(job.steps)).toEqual(ALL_DONE);
  });

  test.each([
    [LOGINS.bighead, "invalid-credentials"],
    [LOGINS.erlich, "account-not-accessible-requires-user-action"],
    [{ loginId: "nobody", password: "nobody-knows" }, "invalid-credentials"],
  ])("$loginId fails", async (login, code) => {
    const backend = new MobileBackend(reached());
    const jobId = await backend.startJob(HOOLI, login);
    const job = await backend.untilOver(jobId);
    expect(statuses(job.steps)).toEqual([
      "verify-credentials: failed",
      "retrieve-accounts: pending",
      "retrieve-transactions: pending",
    ]);
    expect(stepOf(job.steps, "verify-credentials")?.result).toMatchObject({ code });
    expect(job.links.source).toBeUndefined();
    expect(await backend.loginsSent()).toBe(1);
  });
});

test("says that bighead's account is locked, in the bank's words", async () => {
  const backend = new MobileBackend(reached());
  const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.bighead));
  expect(job.steps[0]?.result).toMatchObject({ detail: "Account is locked" });
});

test("waits for a bank that blames itself, as jianYang's does", async () => {
  const backend = new MobileBackend(reached());
  const jobId = await backend.startJob(HOOLI, LOGINS.jianYang);
  const job = await backend.until(jobId, (steps) => isOver(steps) || isQueued(steps));
  expect(statuses(job.steps)).toEqual(ALL_DONE.map((step) => step.replace("success", "pending")));
  expect(await backend.loginsSent()).toBe(1);
});

test("connects with a user token where the bank has no logins", async () => {
  const backend = new MobileBackend(reached());
  const right = await backend.untilOver(
    await backend.startJob(TOKEN_BANK, { userToken: "token:PTln18RhwL" }),
  );
  expect(statuses(right.steps)).toEqual(ALL_DONE);
  const wrong = await backend.untilOver(await backend.startJob(TOKEN_BANK, { userToken: "token:wrong" }));
  expect(wrong.steps[0]?.result).toMatchObject({ code: "invalid-credentials" });
});

test("connects where the login needs a security code and a second login id", async () => {
  const backend = new MobileBackend(reached());
  const login = { ...LOGINS.gavin, securityCode: "4321", secondaryLoginId: "second" };
  const job = await backend.untilOver(await backend.startJob(RAVIGA, login));
  expect(statuses(job.steps)).toEqual(ALL_DONE);
});
