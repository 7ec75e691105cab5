import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { INTERNAL_ERROR } from "../../../functions/jobs/domain/failures.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { JOB_ID, jobOf, lookOf, USER_ID } from "../../support/job-examples.ts";
import { jobToOpen } from "../../support/use-case-worlds.ts";

const refresh = jobOf({ kind: "refresh", connectionId: "8fce3b" });
const update = jobOf({ kind: "update", connectionId: "8fce3b" });
const credentials = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };

describe("an update", () => {
  test("posts its login to its connection", async () => {
    const { ports, open, row } = await jobToOpen(update);
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "upstream-1", connectionId: "8fce3b" });
    expect(ports.upstream.ledger).toEqual([
      {
        call: "updateConnection",
        subject: `${USER_ID} 8fce3b`,
        sent: ["gavinBelson", "hooli2016"],
        isDone: true,
      },
    ]);
  });

  test("without its login fails for a reason of ours, and sends nothing", async () => {
    const { ports, open, row } = await jobToOpen(update);
    await ports.vault.destroy(loginOf(update));
    await open();
    expect(row().steps[0]).toMatchObject({ status: "failed", result: INTERNAL_ERROR });
    expect(ports.upstream.ledger).toEqual([]);
  });
});

describe("a refresh", () => {
  test("posts no login, and needs none", async () => {
    const { ports, open, row } = await jobToOpen(refresh);
    await ports.vault.destroy(loginOf(refresh));
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "upstream-1" });
    expect(ports.upstream.ledger).toEqual([
      { call: "refreshConnection", subject: `${USER_ID} 8fce3b`, sent: [], isDone: true },
    ]);
  });

  test("of no connection fails for a reason of ours", async () => {
    const { ports, open, row } = await jobToOpen(jobOf({ kind: "refresh" }));
    await open();
    expect(row().steps[0]).toMatchObject({ status: "failed", result: INTERNAL_ERROR });
    expect(ports.upstream.ledger).toEqual([]);
  });
});

describe.each([
  ["an update", update, "updateConnection" as const],
  ["a refresh", refresh, "refreshConnection" as const],
])("%s whose reply was lost", (_, job, call) => {
  test("is found upstream by its connection, and posted once", async () => {
    const { ports, open, row } = await jobToOpen(job);
    ports.upstream.script.openings.push("reply-lost");
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(1_000);
    const another = ports.upstream.addJob(USER_ID, "AU00000", "of-another-connection");
    Object.assign(another, lookOf({}, { ...another, connectionId: "another" }));
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "upstream-1" });
    expect(ports.upstream.calls(call)).toHaveLength(1);
  });
});

describe("a login that upstream refuses outright", () => {
  test.each([
    ["as wrong is noted under its job", credentials, [JOB_ID]],
    ["for another reason is not", { ...credentials, code: "parameter-not-valid" }, undefined],
  ])("%s", async (_, problem, jobIds) => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push(new UpstreamRefused(400, problem));
    await open();
    expect(row()).toMatchObject({ phase: "failed" });
    expect(ports.refusedLogins.rows.get(`${USER_ID} AU00000`)?.jobIds).toEqual(jobIds);
  });

  test("is noted before the row says so: whoever dies in between does it again", async () => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push(new UpstreamRefused(400, credentials));
    ports.refusedLogins.note = () => Promise.reject(new Error("died"));
    await expect(open()).rejects.toThrow("died");
    expect(row().phase).toBe("opening");
  });
});
