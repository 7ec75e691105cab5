import { describe, expect, test } from "vitest";
import { jobShape } from "./job-shape.ts";
import { day, gavin, jared, minute, type OpenSandbox, openSandbox, stepMs } from "./open-sandbox.ts";
import { connectionListShape, institutionShape } from "./reply-shapes.ts";

const condition = (bank: OpenSandbox, body: unknown, id = "AU00000") =>
  bank.control("PUT", `/institutions/${id}`, body);

describe("an institution's status", () => {
  test.each(["degraded-performance", "under-maintenance", "partial-outage", "major-outage", "operational"])(
    "%s is shown in its record",
    async (status) => {
      const bank = await openSandbox();
      const reply = await condition(bank, { status });
      expect(JSON.parse(reply.text)).toEqual({ id: "AU00000", status, outage: "refuse" });
      const record = await bank.expectReply(institutionShape, 200, "GET", "/institutions/AU00000");
      const other = await bank.expectReply(institutionShape, 200, "GET", "/institutions/AU00002");
      expect([record.status, other.status]).toEqual([status, "operational"]);
    },
  );

  test.each(["operational", "degraded-performance", "under-maintenance"])(
    "%s takes logins",
    async (status) => {
      const bank = await openSandbox();
      await condition(bank, { status, outage: "refuse" });
      await bank.create("AU00000", gavin);
    },
  );

  test.each([{}, { status: "closed" }, { status: "major-outage", outage: "explode" }, { outage: "queue" }])(
    "is not set by %o",
    async (body) => {
      const bank = await openSandbox();
      expect((await condition(bank, body)).status).toBe(400);
    },
  );

  test("is not set for an institution that does not exist", async () => {
    const bank = await openSandbox();
    expect((await condition(bank, { status: "operational" }, "AU99999")).status).toBe(404);
  });
});

describe.each(["partial-outage", "major-outage"])("during a %s", (status) => {
  test("create, update and refresh are refused unless said otherwise, and keep nothing", async () => {
    const bank = await openSandbox();
    const first = await bank.create("AU00000", gavin);
    bank.pass(stepMs);
    const connection = `/users/user-1/connections/${await bank.connectionOf(first)}`;
    await condition(bank, { status });
    const body = { ...gavin, institution: { id: "AU00000" } };
    for (const path of ["/users/user-1/connections", connection, `${connection}/refresh`]) {
      expect((await bank.refused(503, "POST", path, { body }))[0]?.code).toBe("service-unavailable");
    }
    expect(JSON.parse((await bank.send("GET", "/users/user-1/jobs")).text).size).toBe(1);
    await bank.create("AU00002", gavin);
  });

  test("a job fails in its first step when that was asked for", async () => {
    const bank = await openSandbox();
    await condition(bank, { status, outage: "fail" });
    const id = await bank.create("AU00000", gavin);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["failed", "pending", "pending"]);
    expect((await bank.step(id, "verify-credentials"))?.result).toMatchObject({
      code: "institution-not-available",
    });
    const list = await bank.expectReply(connectionListShape, 200, "GET", "/users/user-1/connections");
    expect(list.data[0]?.status).toBe("pending");
  });
});

describe("a queued job", () => {
  const queue = { status: "major-outage", outage: "queue" } as const;

  test("waits, and says so", async () => {
    const bank = await openSandbox();
    await condition(bank, queue);
    const id = await bank.create("AU00000", gavin);
    bank.pass(6 * day);
    const job = await bank.expectReply(jobShape, 200, "GET", `/jobs/${id}`, { token: await bank.newToken() });
    expect(job.steps).toEqual([
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

  test.each(["operational", "degraded-performance", "under-maintenance"])(
    "starts when its institution is %s",
    async (status) => {
      const bank = await openSandbox();
      await condition(bank, queue);
      const id = await bank.create("AU00000", gavin);
      const elsewhere = await bank.create("AU00002", jared);
      bank.pass(30 * minute);
      await condition(bank, { status: "partial-outage", outage: "queue" });
      expect((await bank.statuses(id))[0]).toBe("pending");
      await condition(bank, { status });
      expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending"]);
      bank.pass(stepMs);
      expect(await bank.statuses(id)).toEqual(["success", "in-progress", "pending"]);
      expect((await bank.statuses(elsewhere))[0]).toBe("success");
    },
  );

  test("does not start because another institution is back", async () => {
    const bank = await openSandbox();
    await condition(bank, queue);
    const id = await bank.create("AU00000", gavin);
    await condition(bank, { status: "operational" }, "AU00002");
    expect((await bank.statuses(id))[0]).toBe("pending");
  });

  test("asks its user once it runs", async () => {
    const bank = await openSandbox();
    await condition(bank, queue, "AU00002");
    const id = await bank.create("AU00002", jared);
    expect(await bank.statuses(id)).toEqual(["pending", "pending", "pending", "pending"]);
    expect((await bank.answer(id, ["1234"])).status).toBe(409);
    await condition(bank, { status: "operational" }, "AU00002");
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "in-progress", "pending", "pending"]);
  });

  test("is given up after seven days, and does not come back", async () => {
    const bank = await openSandbox({ timeScale: 10_000 });
    await condition(bank, queue);
    const id = await bank.create("AU00000", gavin);
    bank.pass((7 * day) / 10_000 - 1);
    expect((await bank.statuses(id))[0]).toBe("pending");
    bank.pass(1);
    const given = await bank.job(id);
    expect(given.steps[0]).toEqual({
      title: "verify-credentials",
      status: "failed",
      result: {
        code: "temporary-unavailable",
        title: "Institution temporary unavailable",
        detail: "3rd party service temporary unavailable. Please try again later.",
      },
    });
    await condition(bank, { status: "operational" });
    bank.pass(minute);
    expect(await bank.job(id)).toEqual(given);
  });
});
