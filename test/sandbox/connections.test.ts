import { describe, expect, test } from "vitest";
import {
  connected,
  connectionPath,
  connectionsPath,
  gavin,
  jared,
  type Login,
  minute,
  type OpenSandbox,
  openSandbox,
  stepMs,
} from "./open-sandbox.ts";
import { jobListShape, stubShape } from "./reply-shapes.ts";

describe("a connection", () => {
  test("is pending, then active, and shows its owner only then", async () => {
    const bank = await openSandbox();
    await bank.create("AU00000", gavin);
    const [entry] = await bank.connectionsOf();
    const id = entry?.id ?? "";
    expect(entry?.status).toBe("pending");
    expect((await bank.connection(id)).profile).toBeUndefined();
    bank.pass(stepMs);
    expect(await bank.connection(id)).toMatchObject({
      id,
      status: "active",
      profile: { fullName: "Gavin Belson" },
    });
    expect((await bank.connectionsOf())[0]?.status).toBe("active");
  });

  test("links to its user, institution and data", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00004", gavin);
    const { links, institution } = await bank.connection(id);
    expect(links).toEqual({
      self: `${bank.url}${connectionPath(id)}`,
      user: `${bank.url}/users/user-1`,
      accounts: `${bank.url}/users/user-1/accounts?filter=institution.id.eq('AU00004')`,
      transactions: `${bank.url}/users/user-1/transactions?filter=institution.id.eq('AU00004')`,
    });
    expect(institution.links.self).toBe(`${bank.url}/institutions/AU00004`);
  });

  test("is invalid after a refused login, a wrong answer or no answer", async () => {
    const bank = await openSandbox();
    await bank.create("AU00000", { ...gavin, password: "wrong" }, "refused");
    const answered = await bank.create("AU00002", jared, "wrong-answer");
    await bank.create("AU00002", jared, "no-answer");
    bank.pass(stepMs);
    await bank.answer(answered, ["0000"]);
    bank.pass(100 * stepMs);
    for (const user of ["refused", "wrong-answer", "no-answer"]) {
      expect((await bank.connectionsOf(user)).map((entry) => entry.status)).toEqual(["invalid"]);
    }
  });

  test("is pending while the user is asked, and after an outage of the bank", async () => {
    const bank = await openSandbox();
    const job = await bank.create("AU00002", jared, "asked");
    await bank.create("AU00000", { loginId: "jianYang", password: "nothotdog" });
    bank.pass(stepMs);
    expect((await bank.connectionsOf("asked"))[0]?.status).toBe("pending");
    expect((await bank.connectionsOf())[0]?.status).toBe("pending");
    await bank.answer(job, ["1234"]);
    bank.pass(stepMs);
    expect((await bank.connectionsOf("asked"))[0]?.status).toBe("active");
  });

  test.each([
    ["GET", ""],
    ["POST", ""],
    ["DELETE", ""],
    ["POST", "/refresh"],
  ])("of another user is not found, like a missing one: %s %s", async (method, tail) => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00000", gavin);
    for (const id of [connection, "none"]) {
      await bank.send("POST", "/users/user-2", { body: {} });
      expect(await bank.refused(404, method, `${connectionPath(id, "user-2")}${tail}`)).toEqual([
        {
          type: "error",
          code: "resource-not-found",
          title: "Requested resource is not found",
          detail: "Requested connection does not exist.",
        },
      ]);
    }
  });
});

describe("a login that was accepted before", () => {
  test("names the same connection again, which keeps its age, and starts a job of its own", async () => {
    const bank = await openSandbox();
    const first = await connected(bank, "AU00000", gavin);
    const before = await bank.connection(first);
    const again = await bank.createAndVerify("AU00000", gavin);
    expect(await bank.connectionOf(again)).toBe(first);
    const after = await bank.connection(first);
    expect(after.createdDate).toBe(before.createdDate);
    expect(after.lastUsed).not.toBe(before.lastUsed);
    expect(await bank.connectionsOf()).toHaveLength(1);
    expect(await bank.jobsOf()).toHaveLength(2);
  });

  test.each([
    ["of another login id", "AU00000", jared, "user-1"],
    ["at another institution", "AU00004", gavin, "user-1"],
    ["of another user", "AU00000", gavin, "user-2"],
    ["with a wrong password", "AU00000", { ...gavin, password: "wrong" }, "user-1"],
  ])("is not the one %s: that makes a connection of its own", async (_, institution, login, userId) => {
    const bank = await openSandbox();
    const first = await connected(bank, "AU00000", gavin);
    await bank.create(institution, login, userId);
    const ids = [...(await bank.connectionsOf()), ...(await bank.connectionsOf("user-2"))].map(
      ({ id }) => id,
    );
    expect(ids).toHaveLength(2);
    expect(ids).toContain(first);
    expect((await bank.connection(first)).status).toBe("active");
  });
});

describe("while a job of a user at an institution is not over", () => {
  const posts = async (bank: OpenSandbox, institutionId: string, login: Login, connection: string) => {
    const replies = [];
    for (const path of [connectionsPath(), connection, `${connection}/refresh`]) {
      const body = { ...login, institution: { id: institutionId } };
      const { status, text } = await bank.send("POST", path, { body });
      replies.push([status, stubShape.parse(JSON.parse(text)).id]);
    }
    return replies;
  };

  test.each([
    ["its login is checked", "AU00000", 0],
    ["its data is read", "AU00000", 2 * stepMs],
    ["its user is asked", "AU00002", stepMs],
  ])("because %s, a create, an update and a refresh get 200 and that job", async (_, institution, ms) => {
    const bank = await openSandbox();
    const other = connectionPath(await connected(bank, institution, gavin));
    const job = await bank.create(institution, jared);
    bank.pass(ms);
    const before = [await bank.job(job), await bank.connectionsOf(), await bank.jobsOf()];
    expect(await posts(bank, institution, { ...jared, password: "wrong" }, other)).toEqual(
      Array(3).fill([200, job]),
    );
    expect([await bank.job(job), await bank.connectionsOf(), await bank.jobsOf()]).toEqual(before);
  });

  test("because it is queued, a create gets 200 and that job, also when the bank refuses everybody else", async () => {
    const bank = await openSandbox();
    await bank.control("PUT", "/institutions/AU00000", { status: "major-outage", outage: "queue" });
    const job = await bank.create("AU00000", gavin);
    bank.pass(30 * minute);
    await bank.control("PUT", "/institutions/AU00000", { status: "major-outage", outage: "refuse" });
    const body = { ...jared, institution: { id: "AU00000" } };
    expect((await bank.expectReply(stubShape, 200, "POST", connectionsPath(), { body })).id).toBe(job);
    await bank.refused(503, "POST", connectionsPath("user-2"), { body });
  });

  test("other users and other institutions get jobs of their own", async () => {
    const bank = await openSandbox();
    const ids = [await bank.create("AU00000", gavin), await bank.create("AU00000", gavin, "user-2")];
    expect(new Set([...ids, await bank.create("AU00004", gavin)]).size).toBe(3);
  });

  test("a request that is not valid is refused", async () => {
    const bank = await openSandbox();
    await bank.create("AU00000", gavin);
    await bank.refused(400, "POST", connectionsPath(), { body: { institution: { id: "AU00000" } } });
  });
});

test.each([
  ["succeeds", "AU00000", gavin, 3 * stepMs],
  ["fails", "AU00000", { ...gavin, password: "wrong" }, stepMs],
  ["gets no answer", "AU00002", gavin, stepMs + 2 * minute],
])("a job that %s makes way for the next one in that moment", async (_, institution, login, ms) => {
  const bank = await openSandbox();
  const first = await bank.create(institution, login);
  bank.pass(ms - 1);
  const body = { ...gavin, institution: { id: institution } };
  expect((await bank.expectReply(stubShape, 200, "POST", connectionsPath(), { body })).id).toBe(first);
  bank.pass(1);
  expect(await bank.create(institution, gavin)).not.toBe(first);
});

describe("the jobs of a user", () => {
  test("are listed newest first, with their institution", async () => {
    const bank = await openSandbox();
    const first = await bank.create("AU00000", gavin);
    const second = await bank.create("AU00002", gavin);
    await bank.create("AU00000", gavin, "user-2");
    const list = await bank.expectReply(jobListShape, 200, "GET", "/users/user-1/jobs");
    expect(list.size).toBe(2);
    expect(list.links.self).toBe(`${bank.url}/users/user-1/jobs`);
    expect(list.data.map((job) => [job.id, job.institution.id])).toEqual([
      [second, "AU00002"],
      [first, "AU00000"],
    ]);
  });

  test("and connections stay in their order when an older one changes", async () => {
    const bank = await openSandbox();
    const older = await bank.createAndVerify("AU00002", jared);
    const connection = await bank.connectionOf(older);
    const newer = await bank.createAndVerify("AU00000", jared);
    await bank.answer(older, ["1234"]);
    bank.pass(3 * stepMs);
    const latest = await bank.refresh(connection);
    expect((await bank.jobsOf()).map((job) => job.id)).toEqual([latest, newer, older]);
    expect((await bank.connectionsOf()).map(({ id }) => id)).toEqual([
      connection,
      await bank.connectionOf(newer),
    ]);
  });

  test("can be filtered by a connection", async () => {
    const bank = await openSandbox();
    const created = await bank.create("AU00000", gavin);
    bank.pass(3 * stepMs);
    const connection = await bank.connectionOf(created);
    await connected(bank, "AU00000", jared);
    const refreshed = await bank.refresh(connection);
    const filtered = (filter: string) => `/users/user-1/jobs?filter=${encodeURIComponent(filter)}`;
    const path = filtered(`connection.id.eq('${connection}')`);
    const list = await bank.expectReply(jobListShape, 200, "GET", path);
    expect(list.data.map((entry) => entry.id)).toEqual([refreshed, created]);
  });
});

describe("an update", () => {
  const userToken = "token:PTln18RhwL";
  test.each([
    ["AU00000", { ...gavin, password: "old" }, { password: "hooli2016" }, "active", "Gavin Belson"],
    ["AU00000", gavin, { password: "wrong" }, "invalid", undefined],
    ["AU00000", gavin, jared, "active", "Jared Dunn"],
    ["AU19301", { userToken: "token:old" }, { userToken }, "active", "Token Customer"],
  ])("at %s of %o with %o makes the connection %s", async (institution, old, login, status, fullName) => {
    const bank = await openSandbox();
    const connection = await connected(bank, institution, old);
    const job = await bank.update(connection, login);
    bank.pass(stepMs);
    expect((await bank.statuses(job))[0]).toBe(status === "active" ? "success" : "failed");
    const updated = await bank.connection(connection);
    expect([updated.status, updated.profile?.fullName]).toEqual([status, fullName]);
  });

  test.each([
    ["AU00000", gavin, "Password parameter is required."],
    ["AU19301", { userToken }, "User token parameter is required."],
  ])("at %s is refused without a secret", async (institution, login, detail) => {
    const bank = await openSandbox();
    const path = connectionPath(await connected(bank, institution, login));
    const errors = await bank.refused(400, "POST", path, { body: {} });
    expect(errors).toMatchObject([{ code: "parameter-not-supplied", detail }]);
  });

  test("must be a JSON object with the content type of JSON", async () => {
    const bank = await openSandbox();
    const path = connectionPath(await connected(bank, "AU00000", gavin));
    expect((await bank.refused(400, "POST", path, { text: "[]" }))[0]?.code).toBe("invalid-content");
    const headers = { "content-type": "text/plain" };
    const [error] = await bank.refused(415, "POST", path, { body: gavin, headers });
    expect(error?.code).toBe("unsupported-content-type");
  });
});

describe("a refresh", () => {
  test("fails again if the login was refused", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00000", { loginId: "bighead", password: "password" });
    const job = await bank.refresh(connection);
    bank.pass(stepMs);
    const result = (await bank.step(job, "verify-credentials"))?.result;
    expect(result).toMatchObject({ detail: "Account is locked" });
  });

  test.each([
    ["AU00002", "in-progress"],
    ["AU00003", "skipped"],
  ])("at %s counts as a login: its challenge is %s", async (institution, status) => {
    const bank = await openSandbox();
    const connection = await connected(bank, institution, jared);
    const job = await bank.refresh(connection);
    bank.pass(stepMs);
    expect(await bank.connectionOf(job)).toBe(connection);
    expect((await bank.step(job, "mfa-challenge"))?.status).toBe(status);
  });
});

describe("a deleted connection", () => {
  test("is not found, and its unfinished job can be read, but hinders no other job", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00000", gavin);
    const other = await connected(bank, "AU00000", jared);
    const running = await bank.refresh(id);
    expect((await bank.send("DELETE", connectionPath(id))).status).toBe(204);
    await bank.refused(404, "DELETE", connectionPath(id));
    expect((await bank.connectionsOf()).map((connection) => connection.id)).toEqual([other]);
    expect((await bank.statuses(running))[0]).toBe("in-progress");
    expect(await bank.refresh(other)).not.toBe(running);
    bank.pass(3 * stepMs);
    expect(await connected(bank, "AU00000", gavin)).not.toBe(id);
  });
});

test("a refresh of all connections starts a job for each that its bank takes", async () => {
  const bank = await openSandbox();
  for (const institution of ["AU00000", "AU00003", "AU00004"]) await connected(bank, institution, jared);
  await bank.send("DELETE", connectionPath((await bank.connectionsOf())[2]?.id ?? ""));
  await bank.control("PUT", "/institutions/AU00000", { status: "major-outage" });
  const { status, text } = await bank.send("POST", `${connectionsPath()}/refresh`);
  const [refreshed] = await bank.jobsOf();
  expect([status, JSON.parse(text).data]).toEqual([
    202,
    [{ type: "job", id: refreshed?.id, links: refreshed?.links }],
  ]);
  expect(refreshed?.institution.id).toBe("AU00003");
});

test("a purge needs an active connection", async () => {
  const bank = await openSandbox();
  const token = await bank.newToken({}, "3.0");
  await bank.create("AU00000", gavin);
  const path = `${connectionPath((await bank.connectionsOf())[0]?.id ?? "")}/purge`;
  await bank.refused(400, "POST", path, { token });
  bank.pass(3 * stepMs);
  expect((await bank.send("POST", path, { token })).status).toBe(204);
});
