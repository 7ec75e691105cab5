import { describe, expect, test } from "vitest";
import { DependencyDown } from "../../functions/jobs/domain/errors.ts";
import type { StoredReply } from "../../functions/jobs/domain/idempotency.ts";
import { isFinished } from "../../functions/jobs/domain/job.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { failJob } from "../../functions/jobs/use-cases/end-job.ts";
import { oncePerKey } from "../../functions/jobs/use-cases/once-per-key.ts";
import { type Death, dyingPorts } from "../support/crashing-ports.ts";
import { type FakePorts, fakePorts } from "../support/fake-ports.ts";
import { jobOf, USER_ID } from "../support/job-examples.ts";
import { beforeNext, CALLS, countedWork, failOnce, keyed, reasonOf } from "../support/use-case-worlds.ts";

const DAY_MS = 24 * 3600_000;
/** As long as a function may live: after that, its request can no longer be at work. */
const LEASE_MS = 30_000;
const down = () => Promise.reject(new Error("down"));
const refused = () => Promise.reject(new Refusal("not-json"));
const otherText = { text: "POST /b\n{}" };
const stored = (ports: FakePorts) => [...ports.reservations.rows.values()];

/** A request that is at work until it is resolved or rejected; for ever, if a test does neither. */
async function atWork() {
  const ports = fakePorts();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const work = countedWork(() => promise);
  const first = oncePerKey(ports, keyed(), work);
  while (work.runs.length === 0) await Promise.resolve();
  return { ports, work, first, resolve, reject, jobId: work.runs[0] ?? "" };
}

test("a request without a key always runs, and nothing is stored", async () => {
  const [ports, work] = [fakePorts(), countedWork()];
  const replies = [await oncePerKey(ports, undefined, work), await oncePerKey(ports, undefined, work)];
  expect(new Set(work.runs).size).toBe(2);
  expect(replies.map(({ jobId }) => jobId)).toEqual(work.runs);
  expect(stored(ports)).toEqual([]);
});

describe("a repeated request", () => {
  test("gets the first reply, to the byte, and does nothing", async () => {
    const [ports, work] = [fakePorts(), countedWork()];
    const first = await oncePerKey(ports, keyed(), work);
    const again = await oncePerKey(ports, keyed(), work);
    expect(first).toMatchObject({ status: 202, body: { run: 1 }, jobId: work.runs[0] });
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    expect(work.runs).toHaveLength(1);
  });

  test.each([
    ["is a repeat until 24 hours have passed", DAY_MS - 1000, {}, 1],
    ["is a new request from then on, even with another text", DAY_MS, otherText, 2],
  ])("%s", async (_, ms, other, runs) => {
    const [ports, work] = [fakePorts(), countedWork()];
    await oncePerKey(ports, keyed(), work);
    ports.clock.pass(ms);
    await oncePerKey(ports, keyed(other), work);
    expect(new Set(work.runs).size).toBe(runs);
  });
});

describe("another request with the same key", () => {
  test("is refused, and the first reply stays", async () => {
    const [ports, work] = [fakePorts(), countedWork()];
    const first = await oncePerKey(ports, keyed(), work);
    await expect(oncePerKey(ports, keyed(otherText), work)).rejects.toMatchObject({
      problems: [{ reason: "idempotency-key-reused", field: "Idempotency-Key" }],
    });
    expect(work.runs).toHaveLength(1);
    expect(await oncePerKey(ports, keyed(), work)).toEqual(first);
  });

  test("is refused at once while the first request is at work", async () => {
    const { ports, work, first, resolve } = await atWork();
    const before = ports.clock.now();
    expect(await reasonOf(oncePerKey(ports, keyed(otherText), work))).toBe("idempotency-key-reused");
    expect(ports.clock.now()).toEqual(before);
    resolve();
    expect((await first).status).toBe(202);
    expect(work.runs).toHaveLength(1);
  });
});

describe("what is stored of a request", () => {
  test("contains nothing of its text, and its fingerprint matches for no other user", async () => {
    const ports = fakePorts();
    const request = keyed({ text: "POST /a\nhooli2016" });
    await oncePerKey(ports, request, countedWork());
    const [row] = stored(ports);
    if (row === undefined) throw new Error("nothing is stored");
    const { mac, sealedKey } = row.fingerprint;
    const texts = [mac, sealedKey].map((bytes) => Buffer.from(bytes).toString());
    expect(`${JSON.stringify(row)} ${texts.join(" ")}`).not.toContain("hooli2016");
    const ref = { jobId: row.jobId, userId: USER_ID, purpose: "idempotency" } as const;
    expect(await ports.fingerprints.matches(ref, request.text, row.fingerprint)).toBe(true);
    const anothers = { ...ref, userId: "somebody-else" };
    await expect(ports.fingerprints.matches(anothers, request.text, row.fingerprint)).rejects.toThrow();
  });
});

describe("a request while the same request is at work", () => {
  test("waits for its reply", async () => {
    const { ports, work, first, resolve } = await atWork();
    const { sleep } = ports.clock;
    let naps = 0;
    ports.clock.sleep = async (ms) => {
      await sleep(ms);
      if (++naps < 3) return;
      resolve();
      await first;
    };
    expect(await oncePerKey(ports, keyed(), countedWork())).toEqual(await first);
    expect(naps).toBe(3);
    expect(work.runs).toHaveLength(1);
  });

  test("waits for 5 s at most", async () => {
    const { ports } = await atWork();
    const before = ports.clock.now().getTime();
    const work = countedWork();
    await expect(oncePerKey(ports, keyed(), work)).rejects.toThrow(DependencyDown);
    expect(ports.clock.now().getTime() - before).toBe(5_000);
    expect(work.runs).toEqual([]);
  });

  test("runs when that request is refused", async () => {
    const { ports, first, reject } = await atWork();
    beforeNext(ports, "clock.sleep", async () => {
      reject(new Refusal("not-json"));
      await first.catch(() => undefined);
    });
    const work = countedWork();
    expect((await oncePerKey(ports, keyed(), work)).jobId).toBe(work.runs[0]);
    await expect(first).rejects.toThrow(Refusal);
  });

  test("is one of 12 that get the same reply", async () => {
    const [ports, work] = [fakePorts(), countedWork()];
    const replies = await Promise.all(Array.from({ length: 12 }, () => oncePerKey(ports, keyed(), work)));
    expect(work.runs).toHaveLength(1);
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  });
});

describe("a refused request", () => {
  test("stores nothing: the corrected request is a new one", async () => {
    const [ports, failing, work] = [fakePorts(), countedWork(refused), countedWork()];
    expect(await reasonOf(oncePerKey(ports, keyed(), failing))).toBe("not-json");
    expect(stored(ports)).toEqual([]);
    await oncePerKey(ports, keyed(otherText), work);
    expect(work.runs).not.toEqual(failing.runs);
  });
});

describe("a failed request", () => {
  test("is completed by its repeat, at once and with the same id, and keeps its key", async () => {
    const [ports, failing, work] = [fakePorts(), countedWork(down), countedWork()];
    await expect(oncePerKey(ports, keyed(), failing)).rejects.toThrow(/^down$/);
    const other = oncePerKey(ports, keyed(otherText), work);
    expect(await reasonOf(other)).toBe("idempotency-key-reused");
    const before = ports.clock.now();
    const reply = await oncePerKey(ports, keyed(), work);
    expect(ports.clock.now()).toEqual(before);
    expect(work.runs).toEqual(failing.runs);
    expect(await oncePerKey(ports, keyed(), work)).toEqual(reply);
  });

  test.each([
    ["removed", refused, "reservations.remove", "not-json"],
    ["written", down, "reservations.write", "down"],
  ] as const)(
    "ends in its own error even if its reservation cannot be %s",
    async (_, fail, call, message) => {
      const ports = fakePorts();
      const work = countedWork(() => {
        failOnce(ports, call);
        return fail();
      });
      await expect(oncePerKey(ports, keyed(), work)).rejects.toThrow(message);
    },
  );

  test("does not return a reply that could not be stored", async () => {
    const ports = fakePorts();
    const first = countedWork(async () => failOnce(ports, "reservations.write"));
    await expect(oncePerKey(ports, keyed(), first)).rejects.toThrow("died");
    const work = countedWork();
    await oncePerKey(ports, keyed(), work);
    expect(work.runs).toEqual(first.runs);
  });
});

describe("a request whose first run died", () => {
  test("is completed with the same id, as soon as the first run cannot be at work any more", async () => {
    const { ports, jobId } = await atWork();
    ports.clock.pass(LEASE_MS - 1);
    const before = ports.clock.now().getTime();
    const work = countedWork();
    const reply = await oncePerKey(ports, keyed(), work);
    expect(ports.clock.now().getTime() - before).toBe(250);
    expect(await oncePerKey(ports, keyed(), work)).toEqual(reply);
    expect(work.runs).toEqual([jobId]);
  });

  test.each([
    ["runs", { phase: "following", attempt: 1 }, 0],
    ["has failed", { phase: "failed", attempt: 1 }, 0],
    ["is resumed", { phase: "accepted", attempt: 3 }, 0],
    ["is accepted, and its execution may be missing", { phase: "accepted" }, 1],
  ] as const)("gets its job as a new one when the job %s: %o, %i runs", async (_, state, runs) => {
    const { ports, jobId } = await atWork();
    ports.jobs.put(jobOf({ id: jobId, ...state }));
    ports.clock.pass(LEASE_MS);
    const work = countedWork();
    expect(await oncePerKey(ports, keyed(), work)).toMatchObject({ status: 202, body: { id: jobId } });
    expect(work.runs).toHaveLength(runs);
  });

  test("runs once when it is repeated twice at once", async () => {
    const { ports, jobId } = await atWork();
    ports.clock.pass(LEASE_MS);
    const work = countedWork();
    const replies = await Promise.all([oncePerKey(ports, keyed(), work), oncePerKey(ports, keyed(), work)]);
    expect(replies[0]).toEqual(replies[1]);
    expect(work.runs).toEqual([jobId]);
  });
});

describe("a request that takes longer than its function may live", () => {
  /** The late request, and the reply of the run that has taken its place. */
  async function replaced() {
    const late = await atWork();
    late.ports.clock.pass(LEASE_MS);
    const second = countedWork(undefined, "another");
    const reply = await oncePerKey(late.ports, keyed(), second);
    expect(reply.body).toMatchObject({ by: "another" });
    expect(second.runs).toEqual(late.work.runs);
    return { ...late, reply };
  }

  test("returns the reply of the run that replaced it", async () => {
    const { first, resolve, reply } = await replaced();
    resolve();
    expect(JSON.stringify(await first)).toBe(JSON.stringify(reply));
  });

  test.each([new Error("down"), new Refusal("not-json")])(
    "leaves the reply of the run that replaced it when it ends in %s",
    async (error) => {
      const { ports, first, reject, reply } = await replaced();
      reject(error);
      await expect(first).rejects.toThrow(error);
      expect(await oncePerKey(ports, keyed(), countedWork())).toEqual(reply);
    },
  );

  test("stores its reply when the run that replaced it was refused", async () => {
    const { ports, first, resolve } = await atWork();
    ports.clock.pass(LEASE_MS);
    await expect(oncePerKey(ports, keyed(), countedWork(refused))).rejects.toThrow(Refusal);
    resolve();
    const reply = await first;
    const third = countedWork();
    expect(await oncePerKey(ports, keyed(), third)).toEqual(reply);
    expect(third.runs).toEqual([]);
  });
});

const CONNECTIONS = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"];

describe.each([
  ["create", 1],
  ["refresh all", CONNECTIONS.length],
] as const)("%s with a key creates each job once", (name, count) => {
  /** Repeats the request as a client does that got no reply. */
  async function insist(ports: FakePorts): Promise<StoredReply> {
    for (let tries = 0; tries < 10; tries++) {
      const reply = await CALLS[name](ports).catch(() => undefined);
      if (reply !== undefined) return reply;
      ports.clock.pass(10_000);
    }
    throw new Error("no reply");
  }

  async function endJobs(ports: FakePorts): Promise<void> {
    for (const id of ports.executions.started) {
      const job = ports.jobs.row(id);
      if (!isFinished(job)) await failJob(ports, job, { code: "c", title: "t", detail: "d" });
    }
  }

  /** Waits until everything has ended that can go on by itself. */
  async function drained(): Promise<undefined> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Posts the request, which may die, then repeats it twice. Returns how many calls the first run made. */
  async function expectOnce(death: Death | undefined, hasJobsThatEnd: boolean): Promise<number> {
    const real = fakePorts();
    for (const id of CONNECTIONS) real.upstream.addConnection({ id, institutionId: "AU00000" });
    const { ports, counter } = dyingPorts(real, death);
    const first = await Promise.race([CALLS[name](ports).catch(() => undefined), drained()]);
    if (hasJobsThatEnd) await endJobs(real);
    const replies = [...(first === undefined ? [] : [first]), await insist(real), await insist(real)];

    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    const [reply] = replies;
    expect(reply?.status).toBe(202);
    const jobs = [...real.jobs.rows.values()];
    const ids = jobs.map(({ id }) => id).toSorted();
    expect(ids).toHaveLength(count);
    expect(real.executions.started.toSorted()).toEqual(ids);
    expect([...real.claims.held.values()].toSorted()).toEqual(ids);
    for (const id of ids) expect(JSON.stringify(reply?.body)).toContain(id);
    const withLogin = jobs.filter((job) => !isFinished(job) && job.kind !== "refresh");
    expect(real.vault.names()).toEqual(withLogin.map(({ id }) => `${id}/${USER_ID}/login`));
    return counter.calls;
  }

  const deaths = (["dies", "fails"] as const).flatMap((how) =>
    (["before", "after"] as const).flatMap((when) =>
      (["go on", "end"] as const).map((jobs) => [how, when, jobs] as const),
    ),
  );

  test.each(deaths)("when any call %s just %s its effect, and its jobs %s", async (how, when, jobs) => {
    const calls = await expectOnce(undefined, jobs === "end");
    expect(calls).toBeGreaterThan(8);
    for (let call = 0; call < calls; call++) {
      await expectOnce({ call, when, isOfProcess: how === "dies" }, jobs === "end");
    }
  });
});
