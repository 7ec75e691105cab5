import { expect, test } from "vitest";
import { jobReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend, statuses } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

test("twelve identical requests at once make one job and send one login", async () => {
  const backend = new MobileBackend(reached());
  await backend.token();
  // The job is not over before the last request is there.
  await backend.faults(BANK_OUT_OF_SIGHT);
  const replies = await Promise.all(Array.from({ length: 12 }, () => backend.connect(HOOLI, LOGINS.gavin)));
  await backend.faults([]);
  expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(11).fill(200), 202]);
  const made = stubReply.parse(replies.find(({ status }) => status === 202)?.json);
  for (const { json } of replies.filter(({ status }) => status === 200)) {
    expect(jobReply.parse(json).id).toBe(made.id);
  }
  const job = await backend.untilOver(made.id);
  expect(statuses(job.steps)).toContain("retrieve-transactions: success");
  expect(await backend.loginsSent()).toBe(1);
});

test("gives the whole job again while it is in progress, and a new one after it", async () => {
  const backend = new MobileBackend(reached());
  const first = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(first);
  const again = await backend.connect(PIED_PIPER, LOGINS.jared);
  expect(again.status).toBe(200);
  expect(jobReply.parse(again.json)).toEqual(await backend.job(first));

  await backend.answer(first, ["1234"]);
  await backend.untilOver(first);
  expect(await backend.startJob(PIED_PIPER, LOGINS.jared)).not.toBe(first);
});

test("keeps apart what differs in user or institution", async () => {
  const [one, another] = [new MobileBackend(reached()), new MobileBackend(reached())];
  const ids = await Promise.all([
    one.startJob(HOOLI, LOGINS.gavin),
    one.startJob(HOOLI_GOV, LOGINS.gavin),
    another.startJob(HOOLI, LOGINS.gavin),
  ]);
  expect(new Set(ids).size).toBe(3);
  await Promise.all([one.untilOver(ids[0]), one.untilOver(ids[1]), another.untilOver(ids[2])]);
  expect([await one.loginsSent(), await another.loginsSent()]).toEqual([2, 1]);
});

test("a login that the bank refused can be tried again at once", async () => {
  const backend = new MobileBackend(reached());
  const refused = await backend.startJob(HOOLI, { ...LOGINS.gavin, password: "mistyped" });
  await backend.untilOver(refused);
  const job = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
  expect(statuses(job.steps)).toContain("verify-credentials: success");
  expect(await backend.loginsSent()).toBe(2);
});
