import { describe, expect, test } from "vitest";
import { connected, connectionPath, connectionStatus, refresh } from "./connected.ts";
import { gavin, jared, openSandbox, stepMs } from "./open-sandbox.ts";
import { connectionListShape, connectionShape, jobListShape } from "./reply-shapes.ts";

describe("a connection", () => {
  test("is pending, then active, and shows who it belongs to only then", async () => {
    const bank = await openSandbox();
    await bank.create("AU00000", gavin);
    const list = () => bank.expectReply(connectionListShape, 200, "GET", "/users/user-1/connections");
    const [entry] = (await list()).data;
    const id = entry?.id ?? "";
    expect(entry?.status).toBe("pending");
    const before = await bank.expectReply(connectionShape, 200, "GET", connectionPath(id));
    expect(before.profile).toBeUndefined();
    bank.pass(stepMs);
    const after = await bank.expectReply(connectionShape, 200, "GET", connectionPath(id));
    expect(after).toMatchObject({ id, status: "active", profile: { fullName: "Gavin Belson" } });
    expect((await list()).data[0]?.status).toBe("active");
  });

  test("links to its user, institution and data", async () => {
    const bank = await openSandbox();
    const id = await connected(bank, "AU00004", gavin);
    const { links, institution } = await bank.expectReply(connectionShape, 200, "GET", connectionPath(id));
    expect(links).toEqual({
      self: `${bank.url}${connectionPath(id)}`,
      user: `${bank.url}/users/user-1`,
      accounts: `${bank.url}/users/user-1/accounts?filter=institution.id.eq('AU00004')`,
      transactions: `${bank.url}/users/user-1/transactions?filter=institution.id.eq('AU00004')`,
    });
    expect(institution.links.self).toBe(`${bank.url}/institutions/AU00004`);
  });

  test("is invalid after a refused login, a wrong answer or none", async () => {
    const bank = await openSandbox();
    const ids = [
      await bank.create("AU00000", { ...gavin, password: "wrong" }, "refused"),
      await bank.create("AU00002", jared, "wrong-answer"),
      await bank.create("AU00002", jared, "no-answer"),
    ];
    bank.pass(stepMs);
    await bank.answer(ids[1] ?? "", ["0000"]);
    bank.pass(100 * stepMs);
    for (const user of ["refused", "wrong-answer", "no-answer"]) {
      const list = await bank.expectReply(connectionListShape, 200, "GET", `/users/${user}/connections`);
      expect(list.data.map((entry) => entry.status)).toEqual(["invalid"]);
    }
  });

  test("is pending while the user is asked", async () => {
    const bank = await openSandbox();
    const job = await bank.create("AU00002", jared);
    bank.pass(stepMs);
    const connection = await bank.connectionOf(job);
    expect(await connectionStatus(bank, connection)).toBe("pending");
    await bank.answer(job, ["1234"]);
    bank.pass(stepMs);
    expect(await connectionStatus(bank, connection)).toBe("active");
  });

  test("does not become invalid because the bank's service failed", async () => {
    const bank = await openSandbox();
    await bank.create("AU00000", { loginId: "jianYang", password: "nothotdog" });
    bank.pass(stepMs);
    const list = await bank.expectReply(connectionListShape, 200, "GET", "/users/user-1/connections");
    expect(list.data[0]?.status).toBe("pending");
  });

  test("of another user is the same as none", async () => {
    const bank = await openSandbox();
    const connection = await connected(bank, "AU00000", gavin);
    for (const [method, tail] of [
      ["GET", ""],
      ["POST", ""],
      ["POST", "/refresh"],
    ] as const) {
      const [theirs] = await bank.refused(404, method, `${connectionPath(connection, "user-2")}${tail}`);
      const [none] = await bank.refused(404, method, `${connectionPath("none", "user-2")}${tail}`);
      expect(theirs).toEqual(none);
      expect(none).toMatchObject({
        code: "resource-not-found",
        detail: "Requested connection does not exist.",
      });
    }
  });
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

  test("and the user's connections stay in their order when an older one changes", async () => {
    const bank = await openSandbox();
    const older = await bank.createAndVerify("AU00002", jared);
    const connection = await bank.connectionOf(older);
    const newer = await bank.createAndVerify("AU00002", jared);
    await bank.answer(older, ["1234"]);
    const latest = await refresh(bank, connection);
    const jobs = await bank.expectReply(jobListShape, 200, "GET", "/users/user-1/jobs");
    expect(jobs.data.map((job) => job.id)).toEqual([latest, newer, older]);
    const list = await bank.expectReply(connectionListShape, 200, "GET", "/users/user-1/connections");
    expect(list.data.map(({ id }) => id)).toEqual([connection, await bank.connectionOf(newer)]);
  });

  test("can be narrowed to one connection", async () => {
    const bank = await openSandbox();
    const created = await bank.create("AU00000", gavin);
    bank.pass(stepMs);
    const connection = await bank.connectionOf(created);
    await bank.create("AU00000", gavin);
    const job = await refresh(bank, connection);
    const filtered = (filter: string) => `/users/user-1/jobs?filter=${encodeURIComponent(filter)}`;
    const list = await bank.expectReply(
      jobListShape,
      200,
      "GET",
      filtered(`connection.id.eq('${connection}')`),
    );
    expect(list.data.map((entry) => entry.id)).toEqual([job, created]);
    expect((await bank.refused(400, "GET", filtered("institution.id.gt('1')")))[0]?.code).toBe(
      "parameter-not-valid",
    );
  });

  test("are none for a user who has not connected", async () => {
    const bank = await openSandbox();
    expect((await bank.expectReply(jobListShape, 200, "GET", "/users/nobody/jobs")).size).toBe(0);
    expect(
      (await bank.expectReply(connectionListShape, 200, "GET", "/users/nobody/connections")).data,
    ).toEqual([]);
  });
});
