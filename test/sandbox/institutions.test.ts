import { describe, expect, test } from "vitest";
import {
  connected,
  connectionPath,
  connectionsPath,
  createBody,
  day,
  gavin,
  jared,
  minute,
  type OpenSandbox,
  openSandbox,
  stepMs,
} from "./open-sandbox.ts";
import { connectorShape, institutionListShape, institutionShape } from "./reply-shapes.ts";

const AVAILABLE = ["operational", "degraded-performance", "under-maintenance"];

const setStatus = (bank: OpenSandbox, body: unknown, id = "AU00000") =>
  bank.control("PUT", `/institutions/${id}`, body);

test("the institutions are listed, each with how to log in", async () => {
  const bank = await openSandbox();
  const list = await bank.expectReply(institutionListShape, 200, "GET", "/institutions");
  const shown = list.data.map(({ id, authorization, ...record }) => {
    const captions = Object.keys(record).filter((field) => field.endsWith("Caption"));
    return [id, authorization, ...captions];
  });
  const login = ["loginIdCaption", "passwordCaption"];
  expect(shown).toEqual([
    ["AU00000", "user", ...login],
    ["AU00002", "user-mfa", ...login],
    ["AU00003", "user-mfa-intermittent", ...login],
    ["AU00004", "user", ...login],
    ["AU00005", "user-mfa", ...login],
    ["AU00006", "user", ...login, "securityCodeCaption", "secondaryLoginIdCaption"],
    ["AU19301", "token", "userTokenCaption"],
  ]);
  expect(list.totalCount).toBe(shown.length);
  for (const record of list.data) {
    expect(record.links.self).toBe(`${bank.url}/institutions/${record.id}`);
    expect(await bank.expectReply(institutionShape, 200, "GET", `/institutions/${record.id}`)).toEqual(
      record,
    );
  }
  expect(await bank.refused(404, "GET", "/institutions/AU99999")).toMatchObject([
    { code: "resource-not-found", detail: "Requested institution does not exist." },
  ]);
});

test("the connector of each institution says in version 3.0 what its record says in 2.1", async () => {
  const bank = await openSandbox();
  await setStatus(bank, { status: "degraded-performance" });
  const token = await bank.newToken({}, "3.0");
  const list = await bank.expectReply(institutionListShape, 200, "GET", "/institutions");
  for (const { id, authorization, status, name, ...record } of list.data) {
    const path = `/connectors/${id}/web`;
    const connector = await bank.expectReply(connectorShape, 200, "GET", path, { token });
    expect(connector).toMatchObject({ id, status, authorization: { type: authorization } });
    expect(connector.institution.name).toBe(name);
    expect(connector.links.self).toBe(`${bank.url}${path}`);
    expect(connector.authorization.meta).toEqual({
      forgotten_password_url: "https://example.com/forgotten-password",
      ...(record.loginIdCaption && { login_id_caption: record.loginIdCaption }),
      ...(record.passwordCaption && { password_caption: record.passwordCaption }),
      ...(record.securityCodeCaption && { security_code_caption: record.securityCodeCaption }),
      ...(record.secondaryLoginIdCaption && { secondary_login_id_caption: record.secondaryLoginIdCaption }),
    });
  }
  expect(await bank.refused(404, "GET", "/connectors/AU99999/web", { token })).toMatchObject([
    { code: "resource-not-found", detail: "Requested institution does not exist." },
  ]);
});

describe("the status of an institution", () => {
  test.each(["degraded-performance", "under-maintenance", "partial-outage", "major-outage", "operational"])(
    "can be set to %s, and is shown in its record only",
    async (status) => {
      const bank = await openSandbox();
      const reply = await setStatus(bank, { status });
      expect(JSON.parse(reply.text)).toEqual({ id: "AU00000", status, outage: "refuse" });
      const record = await bank.expectReply(institutionShape, 200, "GET", "/institutions/AU00000");
      const other = await bank.expectReply(institutionShape, 200, "GET", "/institutions/AU00002");
      expect([record.status, other.status]).toEqual([status, "operational"]);
    },
  );

  test.each([{}, { status: "closed" }, { status: "major-outage", outage: "explode" }, { outage: "queue" }])(
    "cannot be set by %o",
    async (body) => {
      const bank = await openSandbox();
      expect((await setStatus(bank, body)).status).toBe(400);
    },
  );

  test("cannot be set for an institution that does not exist", async () => {
    const bank = await openSandbox();
    expect((await setStatus(bank, { status: "operational" }, "AU99999")).status).toBe(404);
  });

  test.each(AVAILABLE)("%s accepts logins", async (status) => {
    const bank = await openSandbox();
    await setStatus(bank, { status, outage: "refuse" });
    expect(await bank.statuses(await bank.create("AU00000", gavin))).toContain("in-progress");
  });
});

describe.each(["partial-outage", "major-outage"])("during a %s", (status) => {
  test("a create, an update and a refresh are refused by default, and store nothing", async () => {
    const bank = await openSandbox();
    const connection = connectionPath(await connected(bank, "AU00000", gavin));
    await setStatus(bank, { status });
    for (const path of [connectionsPath(), connection, `${connection}/refresh`]) {
      const [error] = await bank.refused(503, "POST", path, { body: createBody });
      expect(error?.code).toBe("service-unavailable");
    }
    expect(await bank.jobsOf()).toHaveLength(1);
    await bank.create("AU00002", gavin);
  });

  test("a job fails in its first step if the outage is set to fail", async () => {
    const bank = await openSandbox();
    await setStatus(bank, { status, outage: "fail" });
    const id = await bank.create("AU00000", gavin);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["failed", "pending", "pending"]);
    expect((await bank.step(id, "verify-credentials"))?.result).toMatchObject({
      code: "institution-not-available",
    });
    expect((await bank.connectionsOf())[0]?.status).toBe("pending");
  });
});

describe("a queued job", () => {
  const queue = { status: "major-outage", outage: "queue" } as const;

  test("waits, and shows that in its first step", async () => {
    const bank = await openSandbox();
    await setStatus(bank, queue);
    const id = await bank.create("AU00000", gavin);
    bank.pass(30 * minute);
    expect((await bank.job(id)).steps).toEqual([
      {
        title: "verify-credentials",
        status: "pending",
        result: {
          code: "temporary-unavailable-queued",
          title: "Institution temporary unavailable, retry pending",
          detail: "3rd party service temporary unavailable. Job queued, retry in 2 hours.",
        },
      },
      { title: "retrieve-accounts", status: "pending", result: null },
      { title: "retrieve-transactions", status: "pending", result: null },
    ]);
  });

  test.each(AVAILABLE)("starts when its own institution is %s", async (status) => {
    const bank = await openSandbox();
    await setStatus(bank, queue);
    const id = await bank.create("AU00000", gavin);
    const elsewhere = await bank.create("AU00002", jared);
    bank.pass(30 * minute);
    await setStatus(bank, { status: "partial-outage", outage: "queue" });
    await setStatus(bank, { status }, "AU00002");
    expect((await bank.statuses(id))[0]).toBe("pending");
    await setStatus(bank, { status });
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "in-progress", "pending"]);
    expect((await bank.statuses(elsewhere))[0]).toBe("success");
  });

  test("asks its user only when it runs", async () => {
    const bank = await openSandbox();
    await setStatus(bank, queue, "AU00002");
    const id = await bank.create("AU00002", jared);
    expect(await bank.statuses(id)).toEqual(["pending", "pending", "pending", "pending"]);
    expect((await bank.answer(id, ["1234"])).status).toBe(409);
    await setStatus(bank, { status: "operational" }, "AU00002");
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "in-progress", "pending", "pending"]);
  });

  test("fails after seven days, and does not start any more", async () => {
    const bank = await openSandbox({ timeScale: 10_000 });
    await setStatus(bank, queue);
    const id = await bank.create("AU00000", gavin);
    bank.pass((7 * day) / 10_000 - 1);
    expect((await bank.statuses(id))[0]).toBe("pending");
    bank.pass(1);
    const failed = await bank.job(id);
    expect(failed.steps[0]).toEqual({
      title: "verify-credentials",
      status: "failed",
      result: {
        code: "temporary-unavailable",
        title: "Institution temporary unavailable",
        detail: "3rd party service temporary unavailable. Please try again later.",
      },
    });
    await setStatus(bank, { status: "operational" });
    bank.pass(minute);
    expect(await bank.job(id)).toEqual(failed);
  });
});
