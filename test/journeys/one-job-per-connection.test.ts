import { afterEach, expect, test } from "vitest";
import { jobReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { begun, cancel, connected, connectionPath, refresh, update } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, type HttpReply, MobileBackend, statuses } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

afterEach(() => new MobileBackend(reached()).faults([]));

type Begin = (backend: MobileBackend, connectionId: string) => Promise<HttpReply>;
const anew: Begin = (backend, connectionId) => update(backend, connectionId, LOGINS.gavin);

test.each<[string, string, Begin, Begin]>([
  ["a refresh", "a refresh", refresh, refresh],
  ["a refresh", "an update", refresh, anew],
  ["an update", "a refresh", anew, refresh],
  ["an update", "an update", anew, anew],
])("%s that runs is the answer to %s", async (_first, _second, begin, askAgain) => {
  const backend = new MobileBackend(reached());
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = begun(await begin(backend, connectionId));
  const again = await askAgain(backend, connectionId);
  expect(again.status).toBe(200);
  expect(jobReply.parse(again.json).id).toBe(jobId);
  await backend.faults([]);
  await backend.untilOver(jobId);
  const posts = (await backend.upstreamCalls()).filter((call) =>
    call.startsWith(`POST ${connectionPath(backend, connectionId)}`),
  );
  expect(posts).toHaveLength(1);

  const next = await askAgain(backend, connectionId);
  expect(begun(next)).not.toBe(jobId);
});

test("twelve identical refreshes at once make one job and reach the bank once", async () => {
  const backend = new MobileBackend(reached());
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const replies = await Promise.all(Array.from({ length: 12 }, () => refresh(backend, connectionId)));
  await backend.faults([]);
  expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(11).fill(200), 202]);
  const { id } = stubReply.parse(replies.find(({ status }) => status === 202)?.json);
  for (const { json } of replies.filter(({ status }) => status === 200)) {
    expect(jobReply.parse(json).id).toBe(id);
  }
  await backend.untilOver(id);
  const refreshes = (await backend.upstreamCalls()).filter((call) => call.endsWith("/refresh"));
  expect(refreshes).toHaveLength(1);
});

test("a job that waits for its user is the answer, whole", async () => {
  const backend = new MobileBackend(reached());
  const created = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(created);
  const { links } = await backend.job(created);
  const connectionId = links.source?.split("/").at(-1) ?? "";
  // The connection of a create that still runs is that job's.
  for (const again of [await refresh(backend, connectionId), await anew(backend, connectionId)]) {
    expect(again.status).toBe(200);
    expect(jobReply.parse(again.json)).toEqual(await backend.job(created));
  }
  await backend.answer(created, ["1234"]);
  await backend.untilOver(created);
  const refreshing = begun(await refresh(backend, connectionId));
  expect(refreshing).not.toBe(created);
  await backend.untilAsked(refreshing);
  const again = await anew(backend, connectionId);
  expect(jobReply.parse(again.json)).toEqual(await backend.job(refreshing));
});

test("connections are apart from each other, and from new ones at the same institution", async () => {
  const backend = new MobileBackend(reached());
  const one = await connected(backend, HOOLI_GOV, LOGINS.gavin);
  const another = await connected(backend, HOOLI_GOV, LOGINS.ash);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobs = [
    begun(await refresh(backend, one)),
    begun(await refresh(backend, another)),
    await backend.startJob(HOOLI_GOV, LOGINS.jared),
  ];
  expect(new Set(jobs).size).toBe(3);
  await backend.faults([]);
  for (const job of jobs) {
    expect(statuses((await backend.untilOver(job)).steps)).toContain("retrieve-transactions: success");
  }
});

test("a job that was cancelled is nobody's answer any more", async () => {
  const backend = new MobileBackend(reached());
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const refreshing = begun(await refresh(backend, connectionId));
  expect((await cancel(backend, refreshing)).status).toBe(202);
  const updating = begun(await anew(backend, connectionId));
  expect(updating).not.toBe(refreshing);
  await backend.faults([]);
  const { steps } = await backend.untilOver(updating);
  expect(statuses(steps)).toContain("retrieve-transactions: success");
});
