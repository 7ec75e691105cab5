import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { jobReply, stubListReply, stubReply } from "../../functions/http/reply-schemas.ts";
import {
  allBegun,
  begun,
  connected,
  connectionOf,
  connectionPath,
  list,
  page,
  refresh,
  refreshAll,
  succeeded,
  update,
} from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, NUCLEUS, PIED_PIPER, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { ALL_DONE, BANK_OUT_OF_SIGHT, type HttpReply, MobileBackend, statuses } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { GIVEN_UP } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();
const newBackend = () => new MobileBackend(reached());

const CODES = { securityCode: "4321", secondaryLoginId: "second" };
const TOKEN = { userToken: "token:PTln18RhwL" };
const posts = async (backend: MobileBackend) =>
  (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/"));
const refreshes = async (backend: MobileBackend) =>
  (await posts(backend)).filter((call) => call.endsWith("/refresh"));

describe.concurrent("a refresh", () => {
  test("reads a connection again, without a login, in a job of its own each time", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const jobId = begun(await refresh(backend, connectionId));
    const path = connectionPath(backend, connectionId);
    const source = `${reached().apiUrl}${path}`;
    expect((await backend.job(jobId)).links.source).toBe(source);

    const job = await backend.untilOver(jobId);
    expect(job.links).toEqual({ self: `${reached().apiUrl}/jobs/${jobId}`, source });
    const user = `/users/${backend.userId}`;
    const link = (url: string) => ({ status: "success", result: { type: "link", url } });
    expect(job.steps).toEqual([
      { title: "verify-credentials", ...link(path) },
      { title: "retrieve-accounts", ...link(`${user}/accounts?filter=institution.id.eq('${HOOLI}')`) },
      {
        title: "retrieve-transactions",
        ...link(`${user}/transactions?filter=institution.id.eq('${HOOLI}')`),
      },
    ]);
    expect(await posts(backend)).toEqual([`POST ${user}/connections`, `POST ${path}/refresh`]);
    const again = begun(await refresh(backend, connectionId));
    expect(again).not.toBe(jobId);
    await succeeded(backend, again);
  });

  test("at an MFA institution asks the user", async () => {
    const backend = newBackend();
    const created = await backend.startJob(PIED_PIPER, LOGINS.jared);
    const asked = await backend.untilAsked(created);
    await backend.answer(created, ["1234"]);
    const jobId = begun(await refresh(backend, await connectionOf(backend, created)));
    const askedAgain = await backend.untilAsked(jobId);
    expect(askedAgain).toEqual({
      ...asked,
      expiresAt: askedAgain.expiresAt,
      links: { response: `${reached().apiUrl}/jobs/${jobId}/mfa` },
    });
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 2]);
  });

  test("at an intermittent MFA institution shows the step that it skipped", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, NUCLEUS, LOGINS.jared, ["1234"]);
    const jobId = begun(await refresh(backend, connectionId));
    expect((await backend.job(jobId)).steps[1]?.title).toBe("mfa-challenge");
    const { steps } = await backend.untilOver(jobId);
    expect(steps[1]).toEqual({ title: "mfa-challenge", status: "skipped", result: null });
  });

  // Each at an institution of its own, whose condition it changes.
  test.each([
    ["refuse", HOOLI_GOV, "service-unavailable", "Service unavailable"],
    ["fail", RAVIGA, "institution-not-available", "Institution not available"],
    ["queue", TOKEN_BANK, undefined, undefined],
  ])(
    "that meets a bank with the outage '%s' fails at once and is not queued",
    async (outage, bank, code, title) => {
      const backend = newBackend();
      const connectionId = await connected(backend, bank, { ...LOGINS.gavin, ...CODES, ...TOKEN });
      await backend.institution(bank, { status: "major-outage", outage });
      const job = await backend.untilOver(begun(await refresh(backend, connectionId)));
      await backend.institution(bank, { status: "operational" });
      expect(statuses(job.steps)).toEqual([
        "verify-credentials: failed",
        "retrieve-accounts: pending",
        "retrieve-transactions: pending",
      ]);
      const detail = "Institution is currently not available. Please try again later.";
      expect(job.steps[0]?.result).toEqual(
        code === undefined ? GIVEN_UP : { code, title, detail, details: detail },
      );
      await succeeded(backend, begun(await refresh(backend, connectionId)));
    },
  );
});

describe.concurrent("an update", () => {
  test("sends another login for the same connection", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const body = { ...LOGINS.ash, institution: { id: NUCLEUS }, unknown: [1] };
    const jobId = begun(await update(backend, connectionId, body));
    const path = connectionPath(backend, connectionId);
    const source = `${reached().apiUrl}${path}`;
    expect((await backend.job(jobId)).links.source).toBe(source);

    const job = await backend.untilOver(jobId);
    expect(job.links).toEqual({ self: `${reached().apiUrl}/jobs/${jobId}`, source });
    expect(statuses(job.steps)).toEqual(ALL_DONE.filter((step) => !step.startsWith("mfa")));
    expect(job.steps[0]?.result).toEqual({ type: "link", url: path });
    expect(await posts(backend)).toEqual([`POST /users/${backend.userId}/connections`, `POST ${path}`]);
  });

  test("needs no login id: the connection knows who logs in", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    for (const login of [{ password: LOGINS.gavin.password }, { ...LOGINS.gavin, loginId: " " }]) {
      await succeeded(backend, begun(await update(backend, connectionId, login)));
    }
  });

  test("with a wrong login fails with the bank's error, and the next may be right", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const wrong = begun(await update(backend, connectionId, { ...LOGINS.gavin, password: "mistyped" }));
    const { steps } = await backend.untilOver(wrong);
    expect(steps[0]).toEqual({
      title: "verify-credentials",
      status: "failed",
      result: {
        code: "invalid-credentials",
        title: "Cannot login to target institution",
        detail: "Invalid credentials",
        details: "Invalid credentials",
      },
    });
    await succeeded(backend, begun(await update(backend, connectionId, LOGINS.gavin)));
  });

  test("at an MFA institution asks the user", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
    const jobId = begun(await update(backend, connectionId, LOGINS.gilfoyle));
    expect((await backend.untilAsked(jobId)).input).toEqual(["What's your first company?"]);
    await backend.answer(jobId, ["Hooli"]);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  });
});

describe.concurrent("a refresh of all connections", () => {
  test("starts a job for every connection of the user, and of nobody else", async () => {
    const [backend, another] = [newBackend(), newBackend()];
    const connections = [
      await connected(backend, HOOLI, LOGINS.gavin),
      await connected(backend, HOOLI, LOGINS.ash),
    ];
    await connected(another, HOOLI, LOGINS.gavin);
    const reply = await refreshAll(backend);
    expect(reply.status).toBe(202);
    const { data } = stubListReply.parse(reply.json);
    for (const { id, links } of data) expect(links.self).toBe(`${reached().apiUrl}/jobs/${id}`);
    const jobs = await Promise.all(data.map(({ id }) => succeeded(backend, id)));
    expect(jobs.map(({ links }) => links.source?.split("/").at(-1)).toSorted()).toEqual(
      connections.toSorted(),
    );
    expect([await refreshes(backend), await refreshes(another)]).toMatchObject([{ length: 2 }, []]);
  });

  test("is an empty list for a user without connections", async () => {
    const reply = await refreshAll(newBackend());
    expect([reply.status, reply.json]).toEqual([202, { type: "list", data: [] }]);
  });

  test("names the job that waits for its user", async () => {
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(jobId);
    expect(allBegun(await refreshAll(backend))).toEqual([jobId]);
  });
});

describe("with faults of the aggregator,", () => {
  afterEach(() => newBackend().faults([]));

  const anew = (backend: MobileBackend, connectionId: string) => update(backend, connectionId, LOGINS.gavin);
  const requests: [string, (backend: MobileBackend, connectionId: string) => Promise<HttpReply>][] = [
    ["a refresh", refresh],
    ["an update", anew],
  ];

  test.each(requests)(
    "%s that runs is the reply to any other request about its connection",
    async (_, begin) => {
      const backend = newBackend();
      const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
      await backend.faults(BANK_OUT_OF_SIGHT);
      const jobId = begun(await begin(backend, connectionId));
      for (const again of [await refresh(backend, connectionId), await anew(backend, connectionId)]) {
        expect([again.status, jobReply.parse(again.json).id]).toEqual([200, jobId]);
      }
      await backend.faults([]);
      await succeeded(backend, jobId);
      expect(await posts(backend)).toHaveLength(2);
      expect(begun(await anew(backend, connectionId))).not.toBe(jobId);
    },
  );

  test("ids in upper case name the same job and the same connection, which has one job at a time", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const shouted = new MobileBackend(reached(), backend.userId.toUpperCase());
    await backend.faults(BANK_OUT_OF_SIGHT);
    const replies = await Promise.all([
      refresh(backend, connectionId),
      refresh(shouted, connectionId.toUpperCase()),
    ]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 202]);
    const { id } = stubReply.parse(replies.find(({ status }) => status === 202)?.json);
    expect((await shouted.job(id.toUpperCase())).id).toBe(id);
    const client = await backend.token({ scope: "CLIENT_ACCESS", userId: shouted.userId });
    expect((await new MobileBackend(reached(), backend.userId, client).job(id)).id).toBe(id);
    const filter = `connection.id.eq('${connectionId.toUpperCase()}')`;
    expect(page(await list(shouted, { filter, limit: "1" })).data[0]?.id).toBe(id);
    await backend.faults([]);
    await succeeded(backend, id);
    expect(await refreshes(backend)).toHaveLength(1);
  });

  test("twelve identical refreshes at once make one job and reach the bank once", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    await backend.faults(BANK_OUT_OF_SIGHT);
    const replies = await Promise.all(Array.from({ length: 12 }, () => refresh(backend, connectionId)));
    await backend.faults([]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(11).fill(200), 202]);
    const { id } = stubReply.parse(replies.find(({ status }) => status === 202)?.json);
    for (const { json } of replies.filter(({ status }) => status === 200)) {
      expect(jobReply.parse(json).id).toBe(id);
    }
    await succeeded(backend, id);
    expect(await refreshes(backend)).toHaveLength(1);
  });

  test("a new connection that waits for its user is the reply to requests about it", async () => {
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(jobId);
    const connectionId = (await backend.job(jobId)).links.source?.split("/").at(-1) ?? "";
    for (const again of [await refresh(backend, connectionId), await anew(backend, connectionId)]) {
      expect([again.status, jobReply.parse(again.json)]).toEqual([200, await backend.job(jobId)]);
    }
  });

  test("jobs of two connections and of a new one at the same institution run side by side", async () => {
    const backend = newBackend();
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
    for (const job of jobs) await succeeded(backend, job);
  });

  test("a refresh of all names the refreshes that run, and starts the others", async () => {
    const backend = newBackend();
    const one = await connected(backend, HOOLI, LOGINS.gavin);
    const another = await connected(backend, HOOLI_GOV, LOGINS.gavin);
    await backend.faults(BANK_OUT_OF_SIGHT);
    const running = begun(await refresh(backend, one));
    const all = allBegun(await refreshAll(backend));
    expect(all).toHaveLength(2);
    expect(all).toContain(running);
    const again = await refresh(backend, another);
    expect(again.status).toBe(200);
    expect(all).toContain(jobReply.parse(again.json).id);
    await backend.faults([]);
    await Promise.all(all.map((id) => succeeded(backend, id)));
    expect(await refreshes(backend)).toHaveLength(2);
  });

  test("a refresh of all leaves out a connection that the bank has not verified yet", async () => {
    const backend = newBackend();
    await backend.faults(BANK_OUT_OF_SIGHT);
    // A bank that asks verifies nothing before the answer.
    await backend.startJob(PIED_PIPER, LOGINS.jared);
    await expect.poll(() => backend.loginsSent()).toBe(1);
    expect(allBegun(await refreshAll(backend))).toEqual([]);
  });

  test("a refresh of all is refused while the aggregator is down", async () => {
    const backend = newBackend();
    await connected(backend, HOOLI, LOGINS.gavin);
    await backend.faults([{ method: "GET", path: "/users/*/connections", times: 2, do: { status: 503 } }]);
    const reply = await refreshAll(backend);
    expect(refusal(reply)).toEqual([503, "service-unavailable", [undefined]]);
    expect(reply.headers.get("retry-after")).toBe("5");
    expect(allBegun(await refreshAll(backend))).toHaveLength(1);
  });

  test.each(requests)(
    "%s of an unknown connection is refused while the aggregator is down",
    async (_, request) => {
      const backend = newBackend();
      await backend.faults([
        { method: "GET", path: "/users/*/connections/*", times: 2, do: { status: 503 } },
      ]);
      const reply = await request(backend, randomUUID());
      expect(refusal(reply)).toEqual([503, "service-unavailable", [undefined]]);
      expect(reply.headers.get("retry-after")).toBe("5");
      expect(refusal(await request(backend, randomUUID()))).toEqual([404, "resource-not-found", [undefined]]);
    },
  );
});
