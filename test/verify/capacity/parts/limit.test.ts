import { describe, expect, test, vi } from "vitest";
import { apiHandler } from "../../../../functions/http/api-handler.ts";
import { DependencyDown } from "../../../../functions/jobs/domain/errors.ts";
import type { KeyedRequest } from "../../../../functions/jobs/domain/idempotency.ts";
import { type Job, PHASES } from "../../../../functions/jobs/domain/job.ts";
import {
  FULL_FOR_MS,
  HIGHEST_MAX_RUNNING_JOBS,
  ROOM_WINDOW_MS,
} from "../../../../functions/jobs/domain/running.ts";
import { acceptConnection } from "../../../../functions/jobs/use-cases/create-connection.ts";
import { takePost } from "../../../../functions/jobs/use-cases/once-per-key.ts";
import {
  refreshConnection,
  refreshConnections,
} from "../../../../functions/jobs/use-cases/refresh-connection.ts";
import { updateConnection } from "../../../../functions/jobs/use-cases/update-connection.ts";
import { capturedLines } from "../../../support/captured-output.ts";
import { type FakePorts, fakePorts } from "../../../support/fake-ports.ts";
import { gavin, JOB_ID, jobOf, USER_ID } from "../../../support/job-examples.ts";
import { failOnce, keyed, reasonOf } from "../../../support/use-case-worlds.ts";

const BANK = "AU00000";
const CONNECTION = "8fce3b";

/** Ports under a limit, on which so many jobs run. */
function withRunning(running: number, maxRunning: number) {
  const ports = { ...fakePorts(), maxRunning };
  for (let number = 0; number < running; number++) put(ports, { phase: "following" }, number);
  ports.upstream.addConnection({ id: CONNECTION, institutionId: BANK });
  return ports;
}

function put(ports: FakePorts, changes: Partial<Job>, number = 0): Job {
  const id = `10000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  return ports.jobs.put(
    jobOf({ id, userId: `other-${number}`, sweepAt: ports.clock.after(60_000).toISOString(), ...changes }),
  );
}

const create = (ports: FakePorts, userId = USER_ID) =>
  acceptConnection(ports, { userId, institutionId: BANK, login: gavin });

const CALLS: { readonly [name: string]: (ports: FakePorts) => Promise<unknown> } = {
  create,
  update: (ports) => updateConnection(ports, { userId: USER_ID, connectionId: CONNECTION, login: gavin }),
  refresh: (ports) => refreshConnection(ports, { userId: USER_ID, connectionId: CONNECTION }),
  "refresh of everything": (ports) => refreshConnections(ports, { userId: USER_ID, idFor: () => JOB_ID }),
};

describe.each(Object.entries(CALLS))("a %s", (_, call) => {
  test("is refused without a trace, before the aggregator is asked, when as many jobs run as may", async () => {
    const ports = withRunning(2, 2);
    ports.institutions.institution = () => Promise.reject(new Error("asked"));
    ports.upstream.connection = () => Promise.reject(new Error("asked"));
    expect(await reasonOf(call(ports))).toBe("too-many-jobs");
    expect([ports.jobs.rows.size, ports.vault.names(), ports.executions.started]).toEqual([2, [], []]);
  });

  test("is accepted when one job less runs", async () => {
    const ports = withRunning(1, 2);
    await call(ports);
    expect(ports.executions.started).toHaveLength(1);
  });
});

describe("the limit", () => {
  const printed = capturedLines();

  test("is told to clients with 503 and Retry-After", async () => {
    const handler = apiHandler("create-connection", async () => {
      await create(withRunning(2, 2));
      return { status: 202 };
    });
    const reply = await handler({ rawPath: "/", requestContext: { http: { method: "POST" } } });
    expect(reply).toMatchObject({ statusCode: 503, headers: { "retry-after": "5" } });
    expect(JSON.parse(reply.body)).toMatchObject({
      data: [{ code: "service-unavailable", detail: "Too many jobs run at the moment: try again later." }],
    });
    expect(printed.all().map(({ level }) => level)).toEqual(["info"]);
  });

  test("counts only jobs that functions work on", async () => {
    const counting = PHASES.filter((phase) => {
      const ports = withRunning(0, 1);
      put(ports, { phase });
      return ports.jobs.rows.size === 1;
    });
    const refused: string[] = [];
    for (const phase of counting) {
      const ports = withRunning(0, 1);
      put(ports, { phase });
      if ((await reasonOf(create(ports))) === "too-many-jobs") refused.push(phase);
    }
    expect(PHASES.filter((phase) => !refused.includes(phase))).toEqual([
      "awaiting-answer",
      "queued",
      "succeeded",
      "failed",
    ]);
  });

  test("lets no more in within a moment than there was room for, because the count is late", async () => {
    const ports = withRunning(0, 3);
    ports.sweptJobs.running = async () => 1;
    const accept = async (number: number) => reasonOf(create(ports, `user-${number}`));
    const at = (numbers: number[]) => Promise.all(numbers.map(accept));
    const isRefused = (results: unknown[]) => results.filter((result) => result === "too-many-jobs").length;
    expect(isRefused(await at([1, 2, 3, 4, 5]))).toBe(3);
    ports.clock.pass(ROOM_WINDOW_MS);
    expect(isRefused(await at([6, 7, 8]))).toBe(1);
  });

  test("does not hide the running job of the same claim", async () => {
    const ports = withRunning(0, 1);
    const { job } = await create(ports);
    ports.clock.pass(ROOM_WINDOW_MS);
    expect(await reasonOf(create(ports, "somebody-else"))).toBe("too-many-jobs");
    expect(await reasonOf(create(ports))).toEqual({ isNew: false, job });
  });

  test("deletes what an interrupted request left when it is refused later", async () => {
    const ports = { ...withRunning(0, 1), newId: () => JOB_ID };
    failOnce(ports, "claims.take");
    await expect(create(ports)).rejects.toThrow("died");
    expect(ports.vault.names()).toHaveLength(1);
    put(ports, { phase: "following" });
    expect(await reasonOf(create(ports))).toBe("too-many-jobs");
    expect([ports.jobs.rows.has(JOB_ID), ports.vault.names()]).toEqual([false, []]);
  });

  describe("that an instance of a function has just found reached", () => {
    function instance(running: number) {
      const ports = { ...withRunning(running, 1), roomMemory: {} };
      const post = (key?: KeyedRequest) =>
        takePost(ports, USER_ID, key, {
          claim: { userId: USER_ID, institutionId: BANK },
          run: async () => ({ status: (await create(ports)).isNew ? 202 : 200, body: {} }),
          begun: () => ({ status: 202, body: {} }),
        });
      return { ports, post };
    }

    test("refuses its new requests for a second, without a count and without a write", async () => {
      const { ports, post } = instance(1);
      expect(await reasonOf(create(ports))).toBe("too-many-jobs");
      const counted = vi.spyOn(ports.sweptJobs, "running");
      ports.clock.pass(FULL_FOR_MS - 1);
      expect(await Promise.all([post(), post(keyed())].map(reasonOf))).toEqual(
        Array(2).fill("too-many-jobs"),
      );
      expect([counted.mock.calls.length, ports.requestCounts.counts.size]).toEqual([0, 0]);
      expect([ports.reservations.rows.size, ports.jobs.rows.size]).toEqual([0, 1]);
      ports.clock.pass(1);
      expect(await reasonOf(post())).toBe("too-many-jobs");
      expect([counted.mock.calls.length, ports.requestCounts.counts.size]).toEqual([1, 1]);
    });

    test("does not hide the running job of the same claim, nor the reply to a repeated request", async () => {
      const { ports, post } = instance(0);
      const first = await post(keyed());
      expect(await reasonOf(create(ports, "somebody-else"))).toBe("too-many-jobs");
      expect(await reasonOf(post())).toMatchObject({ status: 200 });
      const running = [...ports.jobs.rows.values()];
      for (const job of running) ports.jobs.put({ ...job, phase: "succeeded" });
      put(ports, { phase: "following" });
      expect(await reasonOf(post(keyed()))).toEqual(first);
      expect(await reasonOf(post())).toBe("too-many-jobs");
    });
  });

  test("takes nothing in a deployment without one", async () => {
    const ports = { ...withRunning(HIGHEST_MAX_RUNNING_JOBS / 100, 1), maxRunning: undefined };
    failOnce(ports, "sweptJobs.running", new DependencyDown());
    await create(ports);
    expect([...ports.requestCounts.counts]).toEqual([]);
  });
});
