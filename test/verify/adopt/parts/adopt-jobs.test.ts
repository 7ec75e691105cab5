import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../../functions/jobs/domain/errors.ts";
import { UUID_V4 } from "../../../../functions/jobs/domain/ids.ts";
import { asksUser } from "../../../../functions/jobs/domain/institution.ts";
import {
  adoptJobs,
  adoptReturned,
  adoptStatement,
  adoptUnseen,
} from "../../../../functions/jobs/use-cases/adopt-jobs.ts";
import { refreshConnections } from "../../../../functions/jobs/use-cases/refresh-connection.ts";
import { type FakePorts, fakePorts } from "../../../support/fake-ports.ts";
import { followingJob, JOB_ID, jobOf, USER_ID } from "../../../support/job-examples.ts";
import { reasonOf } from "../../../support/use-case-worlds.ts";

const DAY_MS = 24 * 3_600_000;
const ANOTHER = "another-user";
const request = (...upstreamJobIds: string[]) => ({ userId: USER_ID, upstreamJobIds });

/** Ports with jobs that began at the aggregator, at these banks. */
function withUpstreamJobs(...institutionIds: string[]): FakePorts {
  const ports = fakePorts();
  for (const [index, id] of institutionIds.entries()) ports.upstream.addJob(USER_ID, id, `up-${index + 1}`);
  return ports;
}

const started = (ports: FakePorts) => [...ports.executions.states.keys()];

describe("adopting jobs that a server names", () => {
  test("follows each from the first write on, without a claim and without a login", async () => {
    const ports = withUpstreamJobs("AU00000", "AU00002");
    const [plain, asking] = await adoptJobs(ports, request("up-1", "up-2"));
    expect(plain).toMatchObject({
      kind: "adopt",
      phase: "following",
      version: 1,
      upstreamJobId: "up-1",
      institutionId: "AU00000",
      authorization: "user",
      followUntil: ports.clock.after(ports.policy.followLimitMs).toISOString(),
    });
    expect(plain?.connectionId).toBeUndefined();
    expect(asking?.steps.map(({ title, status }) => `${title} ${status}`)).toEqual([
      "verify-credentials pending",
      "mfa-challenge pending",
      "retrieve-accounts pending",
      "retrieve-transactions pending",
    ]);
    expect([...ports.jobs.rows.keys()]).toEqual([plain?.id, asking?.id]);
    for (const id of ports.jobs.rows.keys()) expect(id).toMatch(UUID_V4);
    expect(ports.claims.held.size).toBe(0);
    expect(ports.vault.names()).toEqual([]);
    expect(started(ports)).toEqual([`${plain?.id}-1`, `${asking?.id}-1`]);
  });

  test("gives the same jobs again, in any letter case and in the order asked for", async () => {
    const ports = withUpstreamJobs("AU00000", "AU00000");
    const [one, two] = await adoptJobs(ports, request("up-1", "up-2"));
    const again = await adoptJobs(ports, request("UP-2", "up-1", "Up-2"));
    expect(again.map(({ id }) => id)).toEqual([two?.id, one?.id, two?.id]);
    expect(ports.jobs.rows.size).toBe(2);
  });

  test("gives two requests at once the same job", async () => {
    const ports = withUpstreamJobs("AU00000");
    const [[one], [two]] = await Promise.all([
      adoptJobs(ports, request("up-1")),
      adoptJobs(ports, request("up-1")),
    ]);
    expect(one?.id).toBe(two?.id);
    expect(ports.jobs.written).toHaveLength(1);
    expect(started(ports)).toEqual([`${one?.id}-1`]);
  });

  test.each([
    ["an unknown one", "up-9"],
    ["one of another user", "theirs"],
    ["one that is no id", "../up-1"],
    ["an empty one", ""],
  ])("adopts none if one of them is %s", async (_, id) => {
    const ports = withUpstreamJobs("AU00000");
    ports.upstream.addJob(ANOTHER, "AU00000", "theirs");
    expect(await reasonOf(adoptJobs(ports, request("up-1", id)))).toBe("job-not-found");
    expect([ports.jobs.rows.size, started(ports).length]).toEqual([0, 0]);
  });

  test("finds no job of a user whom the aggregator does not know", async () => {
    const ports = fakePorts();
    const unknown = { code: "resource-not-found", title: "Not found", detail: "No such user." };
    ports.upstream.script.listFails.push(new UpstreamRefused(404, unknown));
    expect(await reasonOf(adoptJobs(ports, request("up-1")))).toBe("job-not-found");
  });

  test("gives an upstream job that is ours its job, from any page of the user's jobs", async () => {
    const ports = withUpstreamJobs("AU00000");
    ports.jobs.put(followingJob({ upstreamJobId: "UP-1" }));
    for (let n = 0; n < 150; n++) {
      const at = ports.clock.after(n + 1).toISOString();
      ports.jobs.put(jobOf({ id: ports.newId(), phase: "succeeded", createdAt: at, updatedAt: at }));
    }
    const rows = ports.jobs.rows.size;
    expect((await adoptJobs(ports, request("up-1"))).map(({ id }) => id)).toEqual([JOB_ID]);
    expect([ports.jobs.rows.size, started(ports).length]).toEqual([rows, 0]);
  });

  test("reads no page of jobs that are too old to have the upstream job", async () => {
    const ports = withUpstreamJobs();
    for (let n = 0; n < 250; n++) {
      const at = ports.clock.after(n).toISOString();
      ports.jobs.put(jobOf({ id: ports.newId(), phase: "succeeded", createdAt: at, updatedAt: at }));
    }
    ports.clock.pass(20 * DAY_MS);
    ports.upstream.addJob(USER_ID, "AU00000", "up-1");
    const { page } = ports.jobList;
    let pages = 0;
    ports.jobList.page = (...args) => {
      pages++;
      return page(...args);
    };
    await adoptJobs(ports, request("up-1"));
    expect(pages).toBe(1);
  });

  test("starts the execution that a dead run has left out, and no other one", async () => {
    const ports = withUpstreamJobs("AU00000");
    const { start } = ports.executions;
    ports.executions.start = async () => {
      throw new Error("died");
    };
    await expect(adoptJobs(ports, request("up-1"))).rejects.toThrow("died");
    ports.executions.start = start;
    const [job] = await adoptJobs(ports, request("up-1"));
    expect(started(ports)).toEqual([`${job?.id}-1`]);
    ports.executions.states.clear();
    ports.jobs.put({ ...ports.jobs.row(job?.id ?? ""), version: 2 });
    await adoptJobs(ports, request("up-1"));
    expect(started(ports), "a job that has run is not started").toEqual([]);
  });

  test("adopts a job although the bank's record cannot be read", async () => {
    const ports = withUpstreamJobs("AU00002");
    ports.institutions.institution = async () => {
      throw new UpstreamUnavailable();
    };
    const [job] = await adoptJobs(ports, request("up-1"));
    expect(job).toMatchObject({ institutionId: "AU00002", authorization: "user" });
  });
});

describe("adopting jobs that a browser brings back", () => {
  test("ignores what is unknown, foreign, repeated or older than 7 days", async () => {
    const ports = withUpstreamJobs("AU00000");
    ports.clock.pass(8 * DAY_MS);
    ports.upstream.addJob(USER_ID, "AU00000", "young");
    ports.upstream.addJob(ANOTHER, "AU00000", "theirs");
    const jobs = await adoptReturned(ports, request("up-1", "up-9", "theirs", "young", "YOUNG", ""));
    expect(jobs.map(({ upstreamJobId }) => upstreamJobId)).toEqual(["young"]);
    expect(ports.jobs.rows.size).toBe(1);
  });

  test("adopts 20 jobs at most", async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `up-${index + 1}`);
    const ports = withUpstreamJobs(...ids.map(() => "AU00000"));
    const jobs = await adoptReturned(ports, request(...ids));
    expect(jobs.map(({ upstreamJobId }) => upstreamJobId)).toEqual(ids.slice(0, 20));
    expect(ports.jobs.rows.size).toBe(20);
  });

  test("asks the aggregator for nothing without an id", async () => {
    const ports = fakePorts();
    expect(await adoptReturned(ports, request())).toEqual([]);
    expect(ports.upstream.ledger).toEqual([]);
  });
});

describe("adopting jobs that nobody has named", () => {
  test("adopts those of the last day that are not ours", async () => {
    const ports = withUpstreamJobs("AU00000");
    ports.clock.pass(DAY_MS + 1);
    ports.upstream.addJob(USER_ID, "AU00000", "ours");
    ports.upstream.addJob(USER_ID, "AU00000", "earlier-attempt");
    ports.upstream.addJob(USER_ID, "AU00000", "unseen");
    const at = ports.clock.now().toISOString();
    const known = { upstreamJobId: "ours", knownUpstreamJobIds: ["earlier-attempt"] };
    ports.jobs.put(followingJob({ ...known, createdAt: at, updatedAt: at }));
    expect(await adoptUnseen(ports, USER_ID)).toBe(true);
    expect([...ports.jobs.rows.values()].map(({ upstreamJobId }) => upstreamJobId)).toEqual([
      "ours",
      "unseen",
    ]);
  });

  test.each(["accepted", "opening"] as const)(
    "waits while a job of ours at the same bank is %s: the upstream job may be its own",
    async (phase) => {
      const ports = withUpstreamJobs("AU00000", "AU00002");
      ports.jobs.put(jobOf({ phase }));
      expect(await adoptUnseen(ports, USER_ID)).toBe(false);
      expect([...ports.jobs.rows.values()].map(({ upstreamJobId }) => upstreamJobId)).toEqual([
        undefined,
        "up-2",
      ]);
      ports.jobs.put(followingJob({ upstreamJobId: "up-1" }));
      expect(await adoptUnseen(ports, USER_ID)).toBe(true);
      expect(ports.jobs.rows.size).toBe(2);
    },
  );
});

describe("adopting a statement", () => {
  const statement = { userId: USER_ID, upstreamJobId: "up-1", institutionId: "AU00002" };

  test("shows the steps of a statement, also at a bank that asks", async () => {
    const ports = fakePorts();
    const job = await adoptStatement(ports, statement);
    expect(job).toMatchObject({ kind: "adopt", institutionId: "AU00002", upstreamJobId: "up-1" });
    expect(job.steps.map(({ title }) => title)).toEqual([
      "verify-credentials",
      "retrieve-accounts",
      "retrieve-transactions",
    ]);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("leaves the start to the sweeper if it fails, because a second upload would make a second job", async () => {
    const ports = fakePorts();
    ports.executions.start = async () => {
      throw new Error("throttled");
    };
    const job = await adoptStatement(ports, statement);
    expect(ports.jobs.row(job.id).sweepAt).toBeDefined();
  });

  test("has the same job as when a webhook tells of it", async () => {
    const ports = withUpstreamJobs("AU00002");
    await adoptUnseen(ports, USER_ID);
    const job = await adoptStatement(ports, statement);
    expect([...ports.jobs.rows.keys()]).toEqual([job.id]);
  });
});

test.each([
  ["AU00000", "never"],
  ["AU00002", "always"],
  ["AU00003", "sometimes"],
  ["AU19301", "never"],
])("a refresh of all connections says whether the bank %s asks its user: %s", async (institutionId, asks) => {
  const ports = fakePorts();
  ports.upstream.addConnection({ id: "c1", institutionId });
  const [job = jobOf()] = await refreshConnections(ports, { userId: USER_ID, idFor: () => JOB_ID });
  expect(asksUser(job)).toBe(asks);
});
