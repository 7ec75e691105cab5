import { describe, expect, test } from "vitest";
import { DependencyDown } from "../../functions/jobs/domain/errors.ts";
import { isFinished, type Job, PHASES } from "../../functions/jobs/domain/job.ts";
import { packLogin, unpackLogin } from "../../functions/jobs/domain/login.ts";
import { loginOf } from "../../functions/jobs/domain/secret.ts";
import { type AcceptJob, acceptJob, dropJob } from "../../functions/jobs/use-cases/accept-job.ts";
import { openAndFollow } from "../../functions/jobs/use-cases/open-connection.ts";
import { sweep } from "../../functions/jobs/use-cases/sweep.ts";
import { crashingPorts } from "../support/crashing-ports.ts";
import { type FakePorts, fakePorts } from "../support/fake-ports.ts";
import { gavin, JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";
import { donePlain } from "../support/scripted-aggregator.ts";
import { beforeNext, failOnce, loseReply, reasonOf } from "../support/use-case-worlds.ts";

const institution = { id: "AU00000", authorization: "user" } as const;
const create: AcceptJob = { kind: "create", userId: USER_ID, institution, login: gavin };
const refresh: AcceptJob = { kind: "refresh", userId: USER_ID, institution, connectionId: "8fce3b" };
const update: AcceptJob = { ...refresh, kind: "update", login: gavin };
const claim = `${USER_ID} AU00000`;
const claimOnConnection = `${USER_ID} connection 8fce3b`;
const login = `${JOB_ID}/${USER_ID}/login`;

/** Ports on which a job holds the claim. */
function withHolder(holder: Job) {
  const ports = fakePorts();
  ports.jobs.put(holder);
  ports.claims.held.set(claim, holder.id);
  return ports;
}

/** Lets another job take the claim just before the next call that takes it. */
function letRivalIn(ports: FakePorts, phase: "following" | "failed" = "following"): FakePorts {
  beforeNext(ports, "claims.take", () => {
    const { id } = ports.jobs.put(jobOf({ id: "rival", phase }));
    for (const on of [claim, claimOnConnection]) ports.claims.held.set(on, id);
  });
  return ports;
}

function sizes({ jobs, vault, claims, executions }: FakePorts): number[] {
  return [jobs.rows.size, vault.names().length, claims.held.size, executions.started.length];
}

describe("a new job", () => {
  const connectionId = "8fce3b";

  test.each([
    ["a create", create, {}, claim, "hooli2016"],
    ["an update", update, { kind: "update", connectionId }, claimOnConnection, "hooli2016"],
    ["a refresh", refresh, { kind: "refresh", connectionId }, claimOnConnection, undefined],
  ] as const)("%s has its row, login, claim and execution", async (_, request, changes, held, password) => {
    const ports = fakePorts();
    const { isNew, job } = await acceptJob(ports, request);
    expect(isNew).toBe(true);
    expect(job).toEqual(jobOf({ id: job.id, sweepAt: "2026-01-05T09:01:00.000Z", ...changes }));
    expect(ports.jobs.row(job.id)).toEqual(job);
    expect([...ports.claims.held]).toEqual([[held, job.id]]);
    expect(ports.executions.started).toEqual([job.id]);
    const stored = await ports.vault.reveal(loginOf(job));
    expect(stored && unpackLogin(stored).password?.reveal()).toBe(password);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("keeps its login a day longer than the queue can last", async () => {
    const ports = fakePorts();
    const { job } = await acceptJob(ports, create);
    ports.clock.pass(8 * 24 * 3600_000 - 1);
    expect(await ports.vault.holds(loginOf(job))).toBe(true);
    ports.clock.pass(1);
    expect(await ports.vault.holds(loginOf(job))).toBe(false);
  });

  test.each([
    ["another user", create, { ...create, userId: "somebody-else" }],
    ["a new connection to the same institution", refresh, create],
  ])("for %s is created beside a job that runs", async (_, first, second) => {
    const ports = fakePorts();
    await acceptJob(ports, first);
    expect((await acceptJob(ports, second)).isNew).toBe(true);
  });

  test.each([
    ["unfinished", "following", false],
    ["finished", "failed", true],
  ] as const)(
    "is not created beside an %s job that an earlier version has claimed in capitals",
    async (_, phase, isNew) => {
      const ports = fakePorts();
      const userId = USER_ID.toUpperCase();
      const claimed = ports.jobs.put(jobOf({ userId, phase }));
      ports.claims.held.set(`${userId} connection 8FCE3B`, claimed.id);
      const written = { userId, connectionId: "8FCE3B" };
      const accepted = await acceptJob(ports, { ...refresh, written });
      expect(accepted.isNew).toBe(isNew);
      expect(accepted.job.id === claimed.id).toBe(!isNew);
    },
  );
});

describe("a second request", () => {
  test.each([
    ["create", "create", create, create],
    ["refresh", "refresh", refresh, refresh],
    ["update", "refresh", refresh, update],
    ["refresh", "update", update, refresh],
  ])("for a %s gets the %s that runs, and stores nothing", async (_, __, first, second) => {
    const ports = fakePorts();
    const { job } = await acceptJob(ports, first);
    const before = ports.vault.names();
    expect(await acceptJob(ports, second)).toEqual({ isNew: false, job });
    expect([...ports.jobs.rows.keys()]).toEqual([job.id]);
    expect(ports.vault.names()).toEqual(before);
  });

  const unfinished = PHASES.filter((phase) => phase !== "accepted" && !isFinished({ phase }));

  test.each([...unfinished.map((phase) => jobOf({ phase })), jobOf({ generation: 2, attempt: 1 })])(
    "gets a job that is $phase, of generation $generation, and does not start it",
    async (holder) => {
      const ports = withHolder(holder);
      expect(await acceptJob(ports, create)).toEqual({ isNew: false, job: holder });
      expect(ports.executions.started).toEqual([]);
    },
  );

  test("starts an accepted job of the first generation again, since its execution may be missing", async () => {
    const ports = withHolder(jobOf());
    expect(await acceptJob(ports, create)).toEqual({ isNew: false, job: jobOf() });
    expect(ports.executions.started).toEqual([JOB_ID]);
  });

  test.each(["succeeded", "failed"] as const)(
    "creates a job after one that has %s, whose upstream jobs it will not take for its own",
    async (phase) => {
      const holder = jobOf({ phase, upstreamJobId: "u2", knownUpstreamJobIds: ["u1"] });
      const ports = withHolder(holder);
      const { isNew, job } = await acceptJob(ports, create);
      expect(isNew).toBe(true);
      expect(ports.claims.held.get(claim)).toBe(job.id);
      expect(job.knownUpstreamJobIds).toEqual(["u1", "u2"]);
      expect(ports.jobs.row(holder.id)).toEqual(holder);
    },
  );

  test("takes over a claim whose job is missing", async () => {
    const ports = fakePorts();
    ports.claims.held.set(claim, "gone");
    const { isNew, job } = await acceptJob(ports, create);
    expect(isNew).toBe(true);
    expect(ports.claims.held.get(claim)).toBe(job.id);
  });
});

describe("a request that loses its claim", () => {
  test.each([
    ["create", create],
    ["refresh", refresh],
  ])("for a %s gets the winner's job, and drops its own with its login", async (_, request) => {
    const ports = letRivalIn(fakePorts());
    if (request === refresh) failOnce(ports, "vault.destroy", new Error("a refresh has no login"));
    expect(await acceptJob(ports, request)).toMatchObject({ isNew: false, job: { id: "rival" } });
    expect([...ports.jobs.rows.keys()]).toEqual(["rival"]);
    expect(ports.vault.names()).toEqual([]);
    expect(ports.executions.started).toEqual([]);
  });

  test("tries again when the winner's job has ended meanwhile", async () => {
    const ports = letRivalIn(fakePorts(), "failed");
    const { isNew, job } = await acceptJob(ports, create);
    expect(isNew).toBe(true);
    expect(ports.claims.held.get(claim)).toBe(job.id);
    expect(ports.vault.names()).toEqual([`${job.id}/${USER_ID}/login`]);
    expect(ports.executions.started).toEqual([job.id]);
  });

  test("gives up after 5 rounds, and leaves nothing", async () => {
    const ports = fakePorts();
    const rivals: string[] = [];
    ports.claims.take = async () => {
      const { id } = ports.jobs.put(jobOf({ id: `rival-${rivals.length}`, phase: "failed" }));
      rivals.push(id);
      return false;
    };
    await expect(acceptJob(ports, create)).rejects.toThrow(DependencyDown);
    expect(rivals).toHaveLength(5);
    expect([...ports.jobs.rows.keys()]).toEqual(rivals);
    expect(ports.vault.names()).toEqual([]);
    expect(ports.executions.started).toEqual([]);
  });
});

test("12 requests at once get one job", async () => {
  const ports = fakePorts();
  const all = await Promise.all(Array.from({ length: 12 }, () => acceptJob(ports, create)));
  expect(new Set(all.map(({ job }) => job.id)).size).toBe(1);
  expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(sizes(ports)).toEqual([1, 1, 1, 1]);
});

describe("a failing call", () => {
  /** Ports on which the write of a login has timed out, and the write itself. */
  async function withLateLogin(newId?: () => string) {
    const ports = { ...fakePorts(), ...(newId && { newId }) };
    const { store } = ports.vault;
    let arrive: () => unknown = () => undefined;
    ports.vault.store = async (...args) => {
      arrive = () => store(...args);
      ports.vault.store = store;
      throw new Error("timed out");
    };
    await expect(acceptJob(ports, create)).rejects.toThrow("timed out");
    return { ports, arrive: async () => arrive() };
  }

  test.each([0, 59_999])(
    "of vault.store leaves nothing behind after a sweep, although its write arrives %i ms later",
    async (ms) => {
      const { ports, arrive } = await withLateLogin();
      ports.clock.pass(ms);
      await arrive();
      await sweep(ports);
      expect(sizes(ports)).toEqual([1, 1, 0, 0]);
      ports.clock.pass(60_000 - ms);
      expect((await sweep(ports)).mended).toEqual({ dropped: 1 });
      expect(sizes(ports)).toEqual([0, 0, 0, 0]);
    },
  );

  test("of vault.store does not keep the same request from being completed at once", async () => {
    const { ports, arrive } = await withLateLogin(() => JOB_ID);
    const { isNew, job } = await acceptJob(ports, create);
    await arrive();
    ports.clock.pass(60_000);
    await sweep(ports);
    expect([isNew, job.isDropped]).toEqual([true, undefined]);
    expect(sizes(ports)).toEqual([1, 1, 1, 1]);
  });

  test("of vault.store leaves no login behind that arrives after the repeated request has run to its end", async () => {
    const { ports, arrive } = await withLateLogin(() => JOB_ID);
    await acceptJob(ports, create);
    ports.upstream.script.looks.push(donePlain);
    expect(await openAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
    expect(ports.vault.names()).toEqual([]);
    await arrive();
    ports.clock.pass(60_000);
    await sweep(ports);
    expect([ports.vault.names(), ports.jobs.row(JOB_ID).sweepAt]).toEqual([[], undefined]);
  });

  test("of vault.store leaves the login to the sweeper when the same request is refused later", async () => {
    const { ports, arrive } = await withLateLogin(() => JOB_ID);
    for (const id of ["a", "b", "c"]) await ports.refusedLogins.note(USER_ID, "AU00000", id);
    expect(await reasonOf(acceptJob(ports, create))).toBe("too-many-refused-logins");
    await arrive();
    ports.clock.pass(60_000);
    await sweep(ports);
    expect(sizes(ports)).toEqual([0, 0, 0, 0]);
  });

  test("of vault.store is the error that the request ends in, even if the job cannot be marked", async () => {
    const ports = fakePorts();
    failOnce(ports, "vault.store", new Error("down"));
    const { add } = ports.jobs;
    ports.jobs.add = (job, over) => (over ? Promise.reject(new Error("still down")) : add(job, over));
    await expect(acceptJob(ports, create)).rejects.toThrow(/^down$/);
  });

  test("of claims.take leaves the job to the sweeper, because a repeated request may have found it", async () => {
    const ports = fakePorts();
    failOnce(ports, "claims.take");
    await expect(acceptJob(ports, create)).rejects.toThrow("died");
    const [job] = ports.jobs.rows.values();
    expect(job).toMatchObject({ phase: "accepted", sweepAt: ports.clock.after(60_000).toISOString() });
    expect(sizes(ports)).toEqual([1, 1, 0, 0]);
  });

  test.each([
    ["claims.take", loseReply],
    ["executions.start", failOnce],
  ] as const)(
    "of %s after the claim was taken leaves a whole job, which the same request finds and starts",
    async (name, fail) => {
      const ports = fakePorts();
      fail(ports, name);
      await expect(acceptJob(ports, create)).rejects.toThrow("died");
      const [job] = ports.jobs.rows.values();
      expect(await acceptJob(ports, create)).toEqual({ isNew: false, job });
      expect(ports.executions.started).toEqual([job?.id]);
      expect(sizes(ports)).toEqual([1, 1, 1, 1]);
    },
  );
});

describe("a repeat with the id of an earlier request", () => {
  /** Ports on which a request has died after it stored its job, and before it took its claim. */
  async function diedUnclaimed(): Promise<FakePorts> {
    const ports = { ...fakePorts(), newId: () => JOB_ID };
    failOnce(ports, "claims.take");
    await expect(acceptJob(ports, create)).rejects.toThrow("died");
    return ports;
  }

  test("completes its job, with the upstream jobs that are known by now, and creates no second one", async () => {
    const ports = await diedUnclaimed();
    ports.clock.pass(40_000);
    ports.jobs.put(jobOf({ id: "between", phase: "failed", upstreamJobId: "u1" }));
    ports.claims.held.set(claim, "between");
    const { isNew, job } = await acceptJob(ports, create);
    expect(isNew).toBe(true);
    expect(job).toMatchObject({
      id: JOB_ID,
      version: 2,
      knownUpstreamJobIds: ["u1"],
      sweepAt: ports.clock.after(60_000).toISOString(),
    });
    expect(ports.jobs.row(JOB_ID)).toEqual(job);
    expect([...ports.jobs.rows.keys()]).toEqual([JOB_ID, "between"]);
    expect(ports.claims.held.get(claim)).toBe(JOB_ID);
    expect(ports.executions.started).toEqual([JOB_ID]);
    expect(ports.vault.names()).toEqual([login]);
  });

  test("that loses its claim does not drop the job that the next repeat has completed", async () => {
    const ports = { ...fakePorts(), newId: () => JOB_ID };
    const late = { ...ports, claims: { ...ports.claims } };
    late.claims.take = async () => {
      ports.jobs.put(jobOf({ id: "rival", phase: "failed" }));
      ports.claims.held.set(claim, "rival");
      await acceptJob(ports, create);
      return false;
    };
    expect(await acceptJob(late, create)).toMatchObject({ isNew: true, job: { id: JOB_ID } });
    expect(ports.claims.held.get(claim)).toBe(JOB_ID);
    expect(ports.jobs.row(JOB_ID)).toMatchObject({ phase: "accepted", version: 2 });
    expect(ports.vault.names()).toEqual([login]);
  });

  test("does not take over a job that is being dropped", async () => {
    const ports = await diedUnclaimed();
    const row = ports.jobs.put({ ...ports.jobs.row(JOB_ID), isDropped: true });
    await expect(acceptJob(ports, create)).rejects.toThrow(DependencyDown);
    expect(ports.jobs.row(JOB_ID)).toEqual(row);
    expect(sizes(ports)).toEqual([1, 1, 0, 0]);
  });

  test.each(["following", "failed"] as const)(
    "gets its job as new when that is %s by now, and stores no login",
    async (phase) => {
      const ports = { ...fakePorts(), newId: () => JOB_ID };
      const job = jobOf({ phase, version: 3, attempt: 1 });
      beforeNext(ports, "jobs.add", () => ports.jobs.put(job));
      expect(await acceptJob(ports, create)).toEqual({ isNew: true, job });
      expect(ports.jobs.row(JOB_ID)).toEqual(job);
      expect(sizes(ports)).toEqual([1, 0, 0, 0]);
      ports.claims.held.set(claim, JOB_ID);
      expect(await acceptJob(ports, create)).toEqual({ isNew: true, job });
    },
  );
});

describe.each([
  ["takes its claim", fakePorts],
  ["loses its claim", () => letRivalIn(fakePorts())],
])("a request that %s", (_, make) => {
  test.each(["before", "after"] as const)(
    "and dies at any call, just %s its effect, leaves one whole job or nothing after a sweep",
    async (when) => {
      const alive = crashingPorts(make(), []);
      await acceptJob(alive.ports, create);
      expect(alive.calls()).toBeGreaterThan(5);
      for (let call = 0; call < alive.calls(); call++) {
        const ports = make();
        const mortal = crashingPorts(ports, [{ call, when }]);
        expect(await mortal.dies(() => acceptJob(mortal.ports, create))).toBe(true);
        ports.clock.pass(60_000);
        await sweep(ports);
        const mine = [...ports.jobs.rows.values()].filter(({ id }) => id !== "rival");
        expect(ports.vault.names()).toEqual(mine.map(({ id }) => `${id}/${USER_ID}/login`));
        expect(ports.executions.started).toEqual(mine.map(({ id }) => id));
      }
    },
  );
});

describe("dropping a job", () => {
  async function withLogin() {
    const ports = fakePorts();
    const job = ports.jobs.put(jobOf());
    await ports.vault.store(loginOf(job), packLogin(gavin), ports.clock.after(1e9));
    return { ports, job };
  }

  test.each([
    ["taken over", { version: 2 }],
    ["added again", { createdAt: "2026-01-05T09:00:30.000Z" }],
  ])("deletes nothing when the job was %s", async (_, changes) => {
    const { ports, job } = await withLogin();
    const row = ports.jobs.put({ ...job, ...changes });
    expect(await dropJob(ports, job)).toBe(false);
    expect(ports.jobs.row(JOB_ID)).toEqual(row);
    expect(ports.vault.names()).toEqual([login]);
  });

  test.each(["vault.destroy", "jobs.drop"] as const)(
    "is completed by the sweeper after a death at %s",
    async (name) => {
      const { ports, job } = await withLogin();
      failOnce(ports, name);
      await expect(dropJob(ports, job)).rejects.toThrow("died");
      ports.clock.pass(59_999);
      expect((await sweep(ports)).mended).toEqual({});
      ports.clock.pass(1);
      expect((await sweep(ports)).mended).toEqual({ dropped: 1 });
      expect(sizes(ports)).toEqual([0, 0, 0, 0]);
    },
  );
});
