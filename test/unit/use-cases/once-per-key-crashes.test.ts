import { describe, expect, test } from "vitest";
import type { KeptReply } from "../../../functions/jobs/domain/idempotency.ts";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { failJob } from "../../../functions/jobs/use-cases/end-job.ts";
import { type Death, dyingPorts } from "../../support/crash-world.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { USER_ID } from "../../support/job-examples.ts";
import { CALLS } from "../../support/use-case-worlds.ts";

const CONNECTIONS = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"];
const PAUSE_MS = 10_000;

function newPorts(): FakePorts {
  const ports = fakePorts();
  for (const id of CONNECTIONS) ports.upstream.addConnection({ id, institutionId: "AU00000" });
  return ports;
}

/** What a client that never heard does: the same again, until it hears. */
async function insist(call: () => Promise<KeptReply>, ports: FakePorts): Promise<KeptReply> {
  for (let tries = 0; tries < 10; tries++) {
    const reply = await call().catch(() => undefined);
    if (reply !== undefined) return reply;
    ports.clock.pass(PAUSE_MS);
  }
  throw new Error("never heard");
}

/** Jobs that have been started come to their end. */
async function endJobs(ports: FakePorts): Promise<void> {
  for (const id of ports.executions.started) {
    const job = ports.jobs.row(id);
    if (!isFinished(job)) await failJob(ports, job, { code: "c", title: "t", detail: "d" });
  }
}

async function live(name: keyof typeof CALLS, death: Death | undefined, hasJobsThatEnd: boolean) {
  const real = newPorts();
  const { ports, counter } = dyingPorts(real, death);
  const first = CALLS[name](ports).catch(() => undefined);
  const heard = await Promise.race([first, drained()]);
  if (hasJobsThatEnd) await endJobs(real);
  const replies = [await insist(() => CALLS[name](real), real), await insist(() => CALLS[name](real), real)];
  return { real, calls: counter.calls, replies: heard === undefined ? replies : [heard, ...replies] };
}

/** The end of all that can go on without time. */
async function drained(): Promise<undefined> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const JOBS = { create: 1, "refresh all": CONNECTIONS.length } as const;

function expectOnce(name: keyof typeof CALLS, { real, replies }: Awaited<ReturnType<typeof live>>) {
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  const ids = [...real.jobs.rows.keys()];
  expect(ids).toHaveLength(JOBS[name]);
  expect(real.executions.started.toSorted()).toEqual(ids.toSorted());
  expect([...real.claims.held.values()].toSorted()).toEqual(ids.toSorted());
  const told = JSON.stringify(replies[0]?.body);
  for (const id of ids) expect(told).toContain(id);
  expect(replies[0]?.status).toBe(202);
  const logins = [...real.jobs.rows.values()].filter((job) => !isFinished(job) && job.kind !== "refresh");
  expect(real.vault.names()).toEqual(logins.map(({ id }) => `${id}/${USER_ID}/login`));
}

describe.each(["create", "refresh all"] as const)("%s, with a key", (name) => {
  test.each([false, true])("makes each job once when nothing dies (jobs that end: %s)", async (end) => {
    expectOnce(name, await live(name, undefined, end));
  });

  for (const isOfProcess of [true, false]) {
    for (const when of ["before", "after"] as const) {
      test.each([
        ["jobs that go on", false],
        ["jobs that end", true],
      ])(
        `makes each job once, whichever call ${isOfProcess ? "dies" : "fails"} just ${when} its effect: %s`,
        async (_, hasJobsThatEnd) => {
          const { calls } = await live(name, undefined, hasJobsThatEnd);
          expect(calls).toBeGreaterThan(8);
          for (let call = 0; call < calls; call++) {
            expectOnce(name, await live(name, { call, when, isOfProcess }, hasJobsThatEnd));
          }
        },
      );
    }
  }
});
