import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { acceptConnection } from "../../functions/jobs/use-cases/create-connection.ts";
import {
  findConnection,
  refreshConnection,
  refreshConnections,
} from "../../functions/jobs/use-cases/refresh-connection.ts";
import { updateConnection } from "../../functions/jobs/use-cases/update-connection.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { gavin, jobOf, stepsOf, USER_ID, WITH_MFA } from "../support/job-examples.ts";
import { reasonOf } from "../support/use-case-worlds.ts";

const connectionId = "8fce3b";
const request = { userId: USER_ID, connectionId };

/** Ports in which one of our jobs has created the connection, which the aggregator does not list. */
function withOurs() {
  const ports = fakePorts();
  ports.jobs.put(
    jobOf({ phase: "succeeded", institutionId: "AU00002", authorization: "user-mfa", connectionId }),
  );
  ports.claims.held.set(`${USER_ID} connection ${connectionId}`, jobOf().id);
  return ports;
}

function withListed(institutionId = "AU00002") {
  const ports = fakePorts();
  ports.upstream.addConnection({ id: connectionId, institutionId });
  return ports;
}

describe("creating a connection", () => {
  test.each([
    ["AU00000", {}, ["loginId", "password"]],
    ["AU00006", gavin, ["securityCode", "secondaryLoginId"]],
    ["AU19301", gavin, ["userToken"]],
    [undefined, {}, ["institution.id", "loginId", "password"]],
    [undefined, { userToken: new Secret("t") }, ["institution.id"]],
  ] as const)("at %s with the login %o is refused with every missing field", async (id, login, fields) => {
    const ports = fakePorts();
    await expect(
      acceptConnection(ports, { userId: USER_ID, institutionId: id, login }),
    ).rejects.toMatchObject({ problems: fields.map((field) => ({ reason: "field-missing", field })) });
    expect([ports.jobs.rows.size, ports.vault.names().length, ports.claims.held.size]).toEqual([0, 0, 0]);
  });

  test("at an unknown institution is refused", async () => {
    const creating = acceptConnection(fakePorts(), { ...request, institutionId: "AU99999", login: gavin });
    await expect(creating).rejects.toMatchObject({
      problems: [{ reason: "unknown-institution", field: "institution.id" }],
    });
  });

  test("accepts a login with more than is needed, and takes the rest from the institution's record", async () => {
    const login = { ...gavin, securityCode: new Secret("1"), userToken: new Secret("t") };
    const ports = fakePorts();
    const creating = { userId: USER_ID, institutionId: "AU00002", login };
    const { isNew, job } = await acceptConnection(ports, creating);
    expect(isNew).toBe(true);
    expect(ports.vault.names()).toEqual([`${job.id}/${USER_ID}/login`]);
    expect(job).toMatchObject({
      userId: USER_ID,
      institutionId: "AU00002",
      authorization: "user-mfa",
      steps: stepsOf(WITH_MFA),
    });
  });
});

describe("finding a connection", () => {
  test.each([
    ["no job of ours has created it", undefined],
    ["the job that created it is gone", "gone"],
  ])("asks the aggregator if %s", async (_, holderId) => {
    const ports = withListed();
    if (holderId !== undefined) ports.claims.held.set(`${USER_ID} connection ${connectionId}`, holderId);
    const found = { institutionId: "AU00002", authorization: undefined };
    expect(await findConnection(ports, USER_ID, connectionId)).toEqual(found);
  });

  test.each([
    ["an unknown connection", fakePorts(), USER_ID],
    ["another user's connection", withOurs(), "somebody-else"],
    ["a connection that the aggregator lists for another user", withListed(), "somebody-else"],
  ])("refuses %s", async (_, ports, userId) => {
    expect(await reasonOf(findConnection(ports, userId, connectionId))).toBe("connection-not-found");
  });
});

describe("refreshing a connection", () => {
  test("of ours takes its institution from the job that created it, without the aggregator", async () => {
    const ports = withOurs();
    ports.upstream.connection = () => Promise.reject(new UpstreamUnavailable());
    ports.institutions.institution = () => Promise.reject(new UpstreamUnavailable());
    const { isNew, job } = await refreshConnection(ports, request);
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ kind: "refresh", institutionId: "AU00002", authorization: "user-mfa" });
  });

  test.each([
    ["takes the authorization from the institution's record", "AU00002", "user-mfa"],
    ["assumes a plain login at an institution that is no longer listed", "AU99999", "user"],
  ])("of the aggregator's list %s", async (_, institutionId, authorization) => {
    const { isNew, job } = await refreshConnection(withListed(institutionId), request);
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ kind: "refresh", institutionId, authorization, connectionId });
  });
});

describe("updating a connection", () => {
  const { password } = gavin;

  test.each([
    ["AU00000", gavin],
    ["AU00000", { password }],
    ["AU00006", { password }],
    ["AU19301", { userToken: new Secret("t") }],
  ])("at %s needs only the secret that has changed: %o", async (institutionId, login) => {
    const { isNew, job } = await updateConnection(withListed(institutionId), { ...request, login });
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ kind: "update", institutionId, connectionId });
  });

  test.each([
    ["AU00000", { loginId: gavin.loginId }, "password"],
    ["AU19301", gavin, "userToken"],
  ])("at %s without that secret is refused", async (institutionId, login, field) => {
    const ports = withListed(institutionId);
    await expect(updateConnection(ports, { ...request, login })).rejects.toMatchObject({
      problems: [{ reason: "field-missing", field }],
    });
    expect(ports.jobs.rows.size).toBe(0);
  });

  test("refuses a connection of an institution that is no longer listed", async () => {
    const updating = updateConnection(withListed("AU99999"), { ...request, login: gavin });
    expect(await reasonOf(updating)).toBe("connection-not-found");
  });

  test("refuses an unknown connection before it checks the login", async () => {
    const updating = updateConnection(fakePorts(), { ...request, login: {} });
    expect(await reasonOf(updating)).toBe("connection-not-found");
  });
});

describe("refreshing all connections", () => {
  function withConnections(count: number) {
    const ports = fakePorts();
    for (let number = 1; number <= count; number++) {
      ports.upstream.addConnection({ id: `c${number}`, institutionId: number % 2 ? "AU00000" : "AU00002" });
    }
    const refreshAll = () => refreshConnections(ports, { userId: USER_ID, idFor: (id) => `job-of-${id}` });
    return { ports, refreshAll };
  }

  test("creates a job for each connection, 5 at once, in the aggregator's order", async () => {
    const { ports, refreshAll } = withConnections(12);
    const { add } = ports.jobs;
    let [running, most] = [0, 0];
    ports.jobs.add = async (job) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return add(job);
    };
    const all = await refreshAll();
    expect(most).toBe(5);
    const ids = (await ports.upstream.connectionsOf(USER_ID)).map(({ id }) => id);
    expect(all.map(({ connectionId: id }) => id)).toEqual(ids);
    expect(all.map(({ id }) => id)).toEqual(ids.map((id) => `job-of-${id}`));
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["refresh"]));
    expect(all.map(({ authorization }) => authorization).slice(0, 2)).toEqual(["user", "user-mfa"]);
    expect(ports.executions.started).toHaveLength(12);
  });

  test("keeps the unfinished job of a connection, however often it is repeated", async () => {
    const { ports, refreshAll } = withConnections(3);
    const running = ports.jobs.put(jobOf({ phase: "following", kind: "update", connectionId: "c2" }));
    ports.claims.held.set(`${USER_ID} connection c2`, running.id);
    const all = await refreshAll();
    expect(all.map(({ id }) => id)).toEqual(["job-of-c1", running.id, "job-of-c3"]);
    expect(await refreshAll()).toEqual(all);
    expect(ports.jobs.rows.size).toBe(3);
  });

  test.each([
    ["unknown", undefined, []],
    ["running", "following", [jobOf().id]],
    ["failed", "failed", []],
  ] as const)(
    "includes the job that creates a connection only while it runs: it is %s",
    async (_, phase, maker) => {
      const { ports, refreshAll } = withConnections(1);
      ports.upstream.addConnection({ id: "new", institutionId: "AU00000", isBeingMade: true });
      if (phase !== undefined) ports.jobs.put(jobOf({ phase, connectionId: "new" }));
      if (phase !== undefined) ports.claims.held.set(`${USER_ID} connection new`, jobOf().id);
      expect((await refreshAll()).map(({ id }) => id)).toEqual(["job-of-c1", ...maker]);
      expect(ports.executions.started).toEqual(["job-of-c1"]);
    },
  );
});
