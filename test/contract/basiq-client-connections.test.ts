import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { findAttempt } from "../../functions/jobs/domain/upstream-job.ts";
import { type BasiqSandbox, basiqSandbox } from "../support/basiq-replies.ts";
import { gavin, USER_ID } from "../support/job-examples.ts";

let bank: BasiqSandbox;
beforeEach(async () => {
  bank = await basiqSandbox();
});
afterEach(() => bank.close());

const JOB_MS = 7_000;

/** A connection as a job has made it. */
async function made(
  institutionId = "AU00000",
  login: Parameters<typeof bank.upstream.openConnection>[2] = gavin,
) {
  const { upstreamJobId } = await bank.upstream.openConnection(USER_ID, institutionId, login);
  bank.clock.pass(JOB_MS);
  const { connectionId } = await bank.upstream.job(upstreamJobId);
  if (connectionId === undefined) throw new Error("No connection was made.");
  return { upstreamJobId, connectionId };
}

const ended = async (upstreamJobId: string) => {
  bank.clock.pass(JOB_MS);
  const { steps, connectionId, institutionId } = await bank.upstream.job(upstreamJobId);
  return { statuses: steps.map(({ status }) => status), connectionId, institutionId };
};
const statusOf = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!(error instanceof UpstreamRefused)) throw new Error("not refused", { cause: error });
  return [error.status, error.problem.code];
};
const posts = async () => (await bank.calls()).filter((call) => /^POST .*\/connections./.test(call));

describe("an update", () => {
  test("is a job of its own on the same connection, with the new login", async () => {
    const first = await made();
    const { upstreamJobId } = await bank.upstream.updateConnection(USER_ID, first.connectionId, {
      loginId: new Secret("jared"),
      password: new Secret("django"),
    });
    expect(upstreamJobId).not.toBe(first.upstreamJobId);
    const { statuses, connectionId } = await ended(upstreamJobId);
    expect([statuses, connectionId]).toEqual([["success", "success", "success"], first.connectionId]);
    expect(await posts()).toEqual([`POST /users/${USER_ID}/connections/${first.connectionId}`]);
  });

  test("with a wrong login fails in upstream's words", async () => {
    const { connectionId } = await made();
    const wrong = { ...gavin, password: new Secret("wrong") };
    const { upstreamJobId } = await bank.upstream.updateConnection(USER_ID, connectionId, wrong);
    bank.clock.pass(JOB_MS);
    expect((await bank.upstream.job(upstreamJobId)).steps[0]).toMatchObject({
      status: "failed",
      result: { code: "invalid-credentials" },
    });
  });

  test("brings a token where the institution takes one", async () => {
    const login = { userToken: new Secret("token:PTln18RhwL") };
    const { connectionId } = await made("AU19301", login);
    const { upstreamJobId } = await bank.upstream.updateConnection(USER_ID, connectionId, login);
    expect((await ended(upstreamJobId)).statuses[0]).toBe("success");
  });
});

describe("a refresh", () => {
  test("is a job of its own on the same connection, with the login that upstream has", async () => {
    const first = await made();
    const { upstreamJobId } = await bank.upstream.refreshConnection(USER_ID, first.connectionId);
    expect(upstreamJobId).not.toBe(first.upstreamJobId);
    const { statuses, connectionId } = await ended(upstreamJobId);
    expect([statuses, connectionId]).toEqual([["success", "success", "success"], first.connectionId]);
    expect(await posts()).toEqual([`POST /users/${USER_ID}/connections/${first.connectionId}/refresh`]);
  });

  test("of an institution that asks is asked as a create is", async () => {
    const { upstreamJobId: createId } = await bank.upstream.openConnection(USER_ID, "AU00002", gavin);
    bank.clock.pass(2_000);
    await bank.upstream.answer(createId, [new Secret("Hooli")]);
    bank.clock.pass(JOB_MS);
    const { connectionId = "" } = await bank.upstream.job(createId);
    const { upstreamJobId } = await bank.upstream.refreshConnection(USER_ID, connectionId);
    bank.clock.pass(2_000);
    expect((await bank.upstream.job(upstreamJobId)).challenge).toMatchObject({
      input: ["What's your first company?"],
    });
  });
});

describe.each([
  ["an update", (id: string, user = USER_ID) => bank.upstream.updateConnection(user, id, gavin)],
  ["a refresh", (id: string, user = USER_ID) => bank.upstream.refreshConnection(user, id)],
])("%s", (_, call) => {
  test("of a connection that is not there, or another user's, is refused", async () => {
    const { connectionId } = await made();
    expect(await statusOf(call("nothing"))).toEqual([404, "resource-not-found"]);
    expect(await statusOf(call(connectionId, "somebody-else"))).toEqual([404, "resource-not-found"]);
    expect(await statusOf(call("../../jobs"))).toEqual([404, "resource-not-found"]);
  });

  test("at a bank that is down is refused as an outage", async () => {
    const { connectionId } = await made();
    await bank.setInstitution("AU00000", { status: "major-outage", outage: "refuse" });
    expect(await statusOf(call(connectionId))).toEqual([503, "service-unavailable"]);
  });

  test.each([{ reset: "after" }, { reset: "before" }, { status: 500 }, { body: "<html>" }] as const)(
    "is posted once when it meets %o",
    async (fault) => {
      const { connectionId } = await made();
      await bank.setFaults({ method: "POST", path: "/users/*", do: fault });
      await expect(call(connectionId)).rejects.toThrow(UpstreamUnavailable);
      expect(await posts()).toHaveLength(1);
    },
  );
});

test("a lost reply of an update is found by its connection before the bank has said anything of its login", async () => {
  const [first, second] = [await made(), await made()];
  const known = [first.upstreamJobId, second.upstreamJobId];
  const startedAt = bank.clock.now().toISOString();
  await bank.setFaults({ method: "POST", path: "/users/*", do: { reset: "after" } });
  await expect(bank.upstream.updateConnection(USER_ID, first.connectionId, gavin)).rejects.toThrow(
    UpstreamUnavailable,
  );
  // A newer job at the same bank, which says as little as ours does.
  const other = await bank.upstream.updateConnection(USER_ID, second.connectionId, gavin);

  const listed = await bank.upstream.jobsOf(USER_ID, first.connectionId);
  expect(listed.map(({ id }) => id)).not.toContain(other.upstreamJobId);
  const { connectionId } = first;
  const attempt = { institutionId: "AU00000", startedAt, knownUpstreamJobIds: known, connectionId };
  const found = findAttempt(listed, attempt);
  expect(found?.connectionId).toBeUndefined();
  expect((await ended(found?.id ?? "")).connectionId).toBe(connectionId);
  expect(await posts()).toHaveLength(2);
});
