import { describe, expect, test } from "vitest";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { type AcceptJob, acceptJob } from "../../../functions/jobs/use-cases/accept-job.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import { type CrashPoint, crashingPorts } from "../../support/crash-world.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, jobOf, USER_ID } from "../../support/job-examples.ts";

const institution = { id: "AU00000", authorization: "user" } as const;
const create: AcceptJob = { kind: "create", userId: USER_ID, institution, login: gavin };
const MINUTE = 60_000;

/** A rival takes the claim in the moment before it is taken. */
function withRival(ports: FakePorts): FakePorts {
  const { take } = ports.claims;
  ports.claims.take = async (on, jobId, from) => {
    const rival = ports.jobs.put(jobOf({ id: "rival", phase: "following" }));
    ports.claims.held.set(`${USER_ID} AU00000`, rival.id);
    return take(on, jobId, from);
  };
  return ports;
}

async function callsOf(make: () => FakePorts): Promise<number> {
  const mortal = crashingPorts(make(), []);
  await acceptJob(mortal.ports, create);
  return mortal.calls();
}

async function sweptAfter(ports: FakePorts, ms: number): Promise<void> {
  ports.clock.pass(ms);
  await sweep(ports);
}

describe.each([
  ["that takes its claim", fakePorts],
  ["whose claim another one takes", () => withRival(fakePorts())],
])("a request %s", (_, make) => {
  test.each(["before", "after"] as const)(
    "leaves no login, or one whole job, whichever call it dies at, just %s its effect",
    async (when: CrashPoint["when"]) => {
      const calls = await callsOf(make);
      expect(calls).toBeGreaterThan(5);
      for (let call = 0; call < calls; call++) {
        const ports = make();
        const mortal = crashingPorts(ports, [{ call, when }]);
        expect(await mortal.dies(() => acceptJob(mortal.ports, create))).toBe(true);
        await sweptAfter(ports, MINUTE);
        const mine = [...ports.jobs.rows.values()].filter(({ id }) => id !== "rival");
        expect(ports.vault.names()).toEqual(mine.map(({ id }) => `${id}/${USER_ID}/login`));
        expect(ports.executions.started).toEqual(mine.map(({ id }) => id));
      }
    },
  );
});

describe("a job without its login", () => {
  const now = Date.parse("2026-01-05T09:00:00.000Z");
  const swept = async (createdMsAgo: number, isKept = false) => {
    const ports = fakePorts();
    const createdAt = new Date(now - createdMsAgo).toISOString();
    const job = ports.jobs.put(jobOf({ createdAt, sweepAt: createdAt }));
    if (isKept) await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(1e9));
    const { mended } = await sweep(ports);
    return { mended, rows: ports.jobs.rows.size };
  };

  test("is left alone as long as its request may be at work, however time is divided", async () => {
    expect(await swept(29_999)).toEqual({ mended: { nothing: 1 }, rows: 1 });
  });

  test("goes once nobody can be at work on it", async () => {
    expect(await swept(30_000)).toEqual({ mended: { dropped: 1 }, rows: 0 });
  });

  test("is another matter than one with it", async () => {
    expect(await swept(29_999, true)).toEqual({ mended: { started: 1 }, rows: 1 });
  });
});

test("a login that cannot be kept leaves no job", async () => {
  const ports = fakePorts();
  ports.vault.keep = () => Promise.reject(new Error("down"));
  await expect(acceptJob(ports, create)).rejects.toThrow("down");
  expect(ports.jobs.rows.size).toBe(0);
  expect(ports.claims.held.size).toBe(0);
});
