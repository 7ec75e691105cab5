import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { findConnection, refreshConnection } from "../../../functions/jobs/use-cases/refresh-connection.ts";
import { updateConnection } from "../../../functions/jobs/use-cases/update-connection.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, jobOf, USER_ID } from "../../support/job-examples.ts";

const request = { userId: USER_ID, connectionId: "8fce3b" };

/** Ports in which a job of ours has made the connection, which upstream does not list. */
function withOurs(ports: FakePorts = fakePorts()) {
  const made = ports.jobs.put(
    jobOf({
      phase: "succeeded",
      institutionId: "AU00002",
      authorization: "user-mfa",
      connectionId: "8fce3b",
    }),
  );
  ports.claims.held.set(`${USER_ID} connection 8fce3b`, made.id);
  return ports;
}

function withUpstreams(institutionId = "AU00002") {
  const ports = fakePorts();
  ports.upstream.addConnection({ id: "8fce3b", institutionId });
  return ports;
}

async function reasonOf(failing: Promise<unknown>) {
  const error: unknown = await failing.catch((reason: unknown) => reason);
  return error instanceof Refusal ? error.problems[0].reason : error;
}

describe("a connection", () => {
  test("that a job of ours made is known by it, and upstream is not asked", async () => {
    const ports = withOurs();
    ports.upstream.connection = () => Promise.reject(new UpstreamUnavailable());
    expect(await findConnection(ports, USER_ID, "8fce3b")).toEqual({
      institutionId: "AU00002",
      authorization: "user-mfa",
    });
  });

  test("that upstream knows is taken, too", async () => {
    expect(await findConnection(withUpstreams(), USER_ID, "8fce3b")).toEqual({
      institutionId: "AU00002",
      authorization: undefined,
    });
  });

  test("whose job is gone is asked for upstream", async () => {
    const ports = withUpstreams("AU00000");
    ports.claims.held.set(`${USER_ID} connection 8fce3b`, "gone");
    expect((await findConnection(ports, USER_ID, "8fce3b")).institutionId).toBe("AU00000");
  });

  test("that nobody knows is refused, and another user's is none", async () => {
    expect(await reasonOf(findConnection(fakePorts(), USER_ID, "8fce3b"))).toBe("connection-not-found");
    expect(await reasonOf(findConnection(withOurs(), "somebody-else", "8fce3b"))).toBe(
      "connection-not-found",
    );
  });
});

describe("refreshing a connection", () => {
  test("of ours takes its institution from the job that made it", async () => {
    const ports = withOurs();
    ports.institutions.institution = () => Promise.reject(new UpstreamUnavailable());
    const { isNew, job } = await refreshConnection(ports, request);
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ kind: "refresh", institutionId: "AU00002", authorization: "user-mfa" });
  });

  test("of upstream's takes it from the institution's record", async () => {
    const { job } = await refreshConnection(withUpstreams(), request);
    expect(job).toMatchObject({
      institutionId: "AU00002",
      authorization: "user-mfa",
      connectionId: "8fce3b",
    });
  });

  test("at an institution that is not listed any more is left to upstream", async () => {
    const { isNew, job } = await refreshConnection(withUpstreams("AU99999"), request);
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ institutionId: "AU99999", authorization: "user" });
  });
});

describe("updating a connection", () => {
  test("checks the login against its institution's record", async () => {
    const { isNew, job } = await updateConnection(withUpstreams("AU00000"), { ...request, login: gavin });
    expect(isNew).toBe(true);
    expect(job).toMatchObject({ kind: "update", institutionId: "AU00000", connectionId: "8fce3b" });
    expect(await reasonOf(updateConnection(withUpstreams("AU00006"), { ...request, login: gavin }))).toBe(
      "field-missing",
    );
  });

  test("that nobody knows is refused before anything of the login is looked at", async () => {
    expect(await reasonOf(updateConnection(fakePorts(), { ...request, login: {} }))).toBe(
      "connection-not-found",
    );
  });
});
