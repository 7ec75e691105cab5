import { afterEach, expect, test } from "vitest";
import { jobReply, stubListReply } from "../../functions/http/reply-schemas.ts";
import { allBegun, begun, connected, connectionPath, refresh, refreshAll } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend, statuses } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

afterEach(() => new MobileBackend(reached()).faults([]));

test("starts a job for every connection of the user, and of nobody else's", async () => {
  const [backend, another] = [new MobileBackend(reached()), new MobileBackend(reached())];
  const connections = await Promise.all([
    connected(backend, HOOLI, LOGINS.gavin),
    connected(backend, HOOLI_GOV, LOGINS.ash),
    connected(another, HOOLI, LOGINS.gavin),
  ]);
  const [first, second, theirs] = connections;
  const reply = await refreshAll(backend);
  expect(reply.status).toBe(202);
  const { data } = stubListReply.parse(reply.json);
  for (const { id, links } of data) expect(links.self).toBe(`${reached().apiUrl}/jobs/${id}`);

  const jobs = await Promise.all(data.map(({ id }) => backend.untilOver(id)));
  for (const { steps } of jobs) expect(statuses(steps)).toContain("retrieve-transactions: success");
  expect(jobs.map(({ links }) => links.source?.split("/").at(-1)).toSorted()).toEqual(
    [first, second].toSorted(),
  );
  const refreshes = (await backend.upstreamCalls()).filter((call) => call.endsWith("/refresh"));
  expect(refreshes).toHaveLength(2);
  expect(await another.upstreamCalls()).not.toContain(
    `POST ${connectionPath(another, theirs ?? "")}/refresh`,
  );
});

test("gives the jobs that connections already have", async () => {
  const backend = new MobileBackend(reached());
  const [one, another] = await Promise.all([
    connected(backend, HOOLI, LOGINS.gavin),
    connected(backend, HOOLI_GOV, LOGINS.gavin),
  ]);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const running = begun(await refresh(backend, one));
  const all = allBegun(await refreshAll(backend));
  expect(all).toHaveLength(2);
  expect(all).toContain(running);
  const again = await refresh(backend, another);
  expect(again.status).toBe(200);
  expect(all).toContain(jobReply.parse(again.json).id);
  await backend.faults([]);
  await Promise.all(all.map((id) => backend.untilOver(id)));
  const refreshes = (await backend.upstreamCalls()).filter((call) => call.endsWith("/refresh"));
  expect(refreshes).toHaveLength(2);
});

test("leaves a connection that is being made to the job that makes it", async () => {
  const backend = new MobileBackend(reached());
  await backend.faults(BANK_OUT_OF_SIGHT);
  const creating = await backend.startJob(HOOLI, LOGINS.gavin);
  await expect.poll(() => backend.loginsSent()).toBe(1);
  expect(allBegun(await refreshAll(backend))).toEqual([]);
  await backend.faults([]);

  const asking = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(asking);
  await backend.untilOver(creating);
  // By now we know what it makes, and that it is not over.
  const all = allBegun(await refreshAll(backend));
  expect(all).toHaveLength(2);
  expect(all).toContain(asking);
  expect(all).not.toContain(creating);
});

test("is an empty list for a user without connections", async () => {
  const reply = await refreshAll(new MobileBackend(reached()));
  expect([reply.status, reply.json]).toEqual([202, { type: "list", data: [] }]);
});

test("is a server's: a client may not, and nobody for a user that is none", async () => {
  const backend = new MobileBackend(reached());
  await connected(backend, HOOLI, LOGINS.gavin);
  const path = connectionPath(backend, "refresh");
  const as = async (userId: string) => {
    const token = await backend.token({ scope: "CLIENT_ACCESS", userId });
    return backend.send("POST", path, { headers: { authorization: `Bearer ${token}` } });
  };
  expect(refusal(await as(backend.userId))).toEqual([403, "forbidden-access", [undefined]]);
  expect(refusal(await as("somebody-else"))).toEqual([401, "unauthorized-access", [undefined]]);
  expect(refusal(await backend.send("POST", path))).toEqual([
    401,
    "invalid-authorization-token",
    [undefined],
  ]);
  expect(refusal(await backend.call("POST", "/users/a_b/connections/refresh"))).toEqual([
    400,
    "parameter-not-valid",
    ["userId"],
  ]);
  expect((await backend.upstreamCalls()).filter((call) => call.endsWith("/refresh"))).toEqual([]);
});

test("is put off while upstream is down", async () => {
  const backend = new MobileBackend(reached());
  await connected(backend, HOOLI, LOGINS.gavin);
  await backend.faults([{ method: "GET", path: "/users/*/connections", times: 2, do: { status: 503 } }]);
  const reply = await refreshAll(backend);
  expect(refusal(reply)).toEqual([503, "service-unavailable", [undefined]]);
  expect(reply.headers.get("retry-after")).toBe("5");
  expect(allBegun(await refreshAll(backend))).toHaveLength(1);
});
