import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type IssueToken, issueToken } from "../../functions/access/issue-token.ts";
import { countRequest, RATE_LIMITS } from "../../functions/access/rate-limit.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { loginOf, Secret } from "../../functions/jobs/domain/secret.ts";
import { type AcceptJob, acceptJob } from "../../functions/jobs/use-cases/accept-job.ts";
import { takePost } from "../../functions/jobs/use-cases/once-per-key.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeApiKeys, fakePorts, fakeRequestCounts, fakeTokens } from "../support/fake-ports.ts";
import { gavin, JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";
import { countedWork, keyed, reasonOf } from "../support/use-case-worlds.ts";

const MINUTE = 60_000;
const FIVE_MINUTES = 300_000;
const LIMIT = 600;

describe("the limit of a user's requests", () => {
  function counting() {
    const clock = fakeClock();
    const requestCounts = fakeRequestCounts();
    /** Returns the seconds that a refusal names; 0 for a request that is accepted. */
    async function post(userId: string): Promise<number> {
      try {
        await countRequest({ clock, requestCounts }, "user", userId);
        return 0;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        expect(error.problems[0].reason).toBe("rate-exceeded");
        return error.problems[0].retryAfterSeconds ?? Number.NaN;
      }
    }
    return { clock, post };
  }

  const bursts = fc.array(
    fc.record({
      userId: fc.constantFrom("a", "b", "c"),
      posts: fc.integer({ min: 1, max: LIMIT * 2 }),
      pauseMs: fc.integer({ min: 0, max: FIVE_MINUTES }),
    }),
    { maxLength: 8 },
  );

  test("accepts the first 600 requests of each user in each window, and no others", async () => {
    await fc.assert(
      fc.asyncProperty(bursts, async (given) => {
        const { clock, post } = counting();
        const accepted = new Map<string, number>();
        for (const { userId, posts, pauseMs } of given) {
          clock.pass(pauseMs);
          const window = `${userId} ${Math.floor(clock.now().getTime() / FIVE_MINUTES)}`;
          for (let count = 0; count < posts; count++) {
            const before = accepted.get(window) ?? 0;
            const isRefused = (await post(userId)) > 0;
            expect(isRefused).toBe(before === LIMIT);
            if (!isRefused) accepted.set(window, before + 1);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("accepts a request again after the seconds that the refusal names, and not before", async () => {
    const { clock, post } = counting();
    clock.pass(100_500);
    for (let count = 0; count < LIMIT; count++) expect(await post("a")).toBe(0);
    expect(await post("a")).toBe(200);
    clock.pass(199_499);
    expect(await post("a")).toBe(1);
    clock.pass(1_000);
    expect(await post("a")).toBe(0);
  });

  test("counts a request that creates jobs before it runs, with and without an Idempotency-Key", async () => {
    const [ports, work] = [fakePorts(), countedWork()];
    const counted: unknown[] = [];
    let before = RATE_LIMITS.user - 2;
    ports.requestCounts.add = async (limit, of) => {
      counted.push([limit, of, work.runs.length]);
      before += 1;
      return before;
    };
    await takePost(ports, USER_ID, undefined, work);
    await takePost(ports, USER_ID, keyed(), work);
    for (const request of [undefined, keyed(), keyed({ key: "k-2" })]) {
      await expect(takePost(ports, USER_ID, request, work)).rejects.toThrow("rate-exceeded");
    }
    expect(counted).toEqual([0, 1, 2, 2, 2].map((runs) => ["user", USER_ID, runs]));
    expect(work.runs).toHaveLength(2);
    expect(ports.reservations.rows.size).toBe(1);
  });
});

describe("the lock-out after refused logins", () => {
  const institution = { id: "AU00000", authorization: "user" } as const;
  const create: AcceptJob = { kind: "create", userId: USER_ID, institution, login: gavin };
  const refresh: AcceptJob = { kind: "refresh", userId: USER_ID, institution, connectionId: "8fce3b" };

  /** Ports of a bank that has refused so many logins in a row. */
  async function afterRefusals(count = 3) {
    const ports = { ...fakePorts(), newId: () => JOB_ID };
    for (let job = 1; job <= count; job++) await ports.refusedLogins.note(USER_ID, "AU00000", `job-${job}`);
    return ports;
  }

  test.each([
    ["a create", create],
    ["an update", { ...refresh, kind: "update", login: gavin }],
  ] as const)("refuses %s for 15 minutes after three logins, and stores nothing", async (_, request) => {
    const ports = await afterRefusals();
    ports.clock.pass(4 * MINUTE + 500);
    await expect(acceptJob(ports, request)).rejects.toMatchObject({
      problems: [{ reason: "too-many-refused-logins", retryAfterSeconds: 11 * 60 }],
    });
    expect([ports.jobs.rows.size, ports.vault.names().length, ports.claims.held.size]).toEqual([0, 0, 0]);
    expect(ports.executions.started).toEqual([]);
    ports.clock.pass(11 * MINUTE - 500);
    expect((await acceptJob(ports, request)).isNew).toBe(true);
  });

  test.each([
    ["a third login", 2, create],
    ["a refresh, which sends no login", 3, refresh],
    ["another user", 3, { ...create, userId: "somebody-else" }],
    ["another bank", 3, { ...create, institution: { ...institution, id: "AU00004" } }],
  ])("does not refuse %s", async (_, count, request) => {
    expect((await acceptJob(await afterRefusals(count), request)).isNew).toBe(true);
  });

  test("does not refuse a request that finds its job", async () => {
    const ports = await afterRefusals();
    const holder = ports.jobs.put(jobOf({ phase: "queued", id: "holder" }));
    ports.claims.held.set(`${USER_ID} AU00000`, holder.id);
    expect(await acceptJob(ports, create)).toEqual({ isNew: false, job: holder });
  });

  /** The job that an earlier request with the same id has stored without its claim. */
  async function afterStoring(changes: Partial<Job> = {}) {
    const ports = await afterRefusals();
    const stored = ports.jobs.put(jobOf(changes));
    await ports.vault.store(loginOf(stored), packLogin(gavin), ports.clock.after(MINUTE));
    return ports;
  }

  test("drops the job of the refused request, which the sweeper would start otherwise", async () => {
    const ports = await afterStoring();
    expect(await reasonOf(acceptJob(ports, create))).toBe("too-many-refused-logins");
    expect([ports.jobs.rows.size, ports.vault.names().length, ports.claims.held.size]).toEqual([0, 0, 0]);
    expect(ports.executions.started).toEqual([]);
  });

  test("drops no job that has begun, and no job with another id", async () => {
    const ports = await afterStoring({ phase: "following", attempt: 1 });
    ports.jobs.put(jobOf({ id: "another" }));
    expect(await reasonOf(acceptJob(ports, create))).toBe("too-many-refused-logins");
    expect([...ports.jobs.rows.keys()]).toEqual([JOB_ID, "another"]);
    expect(ports.vault.names()).toHaveLength(1);
  });
});

describe("issuing a token", () => {
  function issuing(settings = { allowsUnboundClientTokens: false }) {
    const clock = fakeClock();
    const tokens = fakeTokens(clock);
    const deps = {
      settings,
      clock,
      requestCounts: fakeRequestCounts(),
      apiKeys: fakeApiKeys("good", "other"),
      tokenIssuer: tokens,
    };
    return { ...deps, issued: tokens.issued, issue: (request: IssueToken) => issueToken(deps, request) };
  }

  const server: IssueToken = {
    apiKey: new Secret("good"),
    version: "3.0",
    scope: "SERVER_ACCESS",
    userId: undefined,
  };
  const client: IssueToken = { ...server, scope: "CLIENT_ACCESS", version: "2.1" };

  test.each([
    ["a server token to no user, even if a user is given", false, { ...server, userId: "u" }, undefined],
    ["a client token to its user", false, { ...client, userId: "u" }, "u"],
    ["a client token to no user, if the settings allow that", true, client, undefined],
  ])("binds %s", async (_, allowsUnboundClientTokens, request, userId) => {
    const { issued, issue, tokenIssuer } = issuing({ allowsUnboundClientTokens });
    const claims = { scope: request.scope, version: request.version, userId };
    const { accessToken } = await issue(request);
    expect(issued).toEqual([claims]);
    expect(await tokenIssuer.verify(accessToken.reveal())).toEqual(claims);
  });

  test.each([
    ["a client token without a user", client, { reason: "field-missing", field: "userId" }],
    ["a request without an API key", { ...server, apiKey: undefined }, { reason: "api-key-not-valid" }],
    ["an unknown API key", { ...server, apiKey: new Secret("bad") }, { reason: "api-key-not-valid" }],
  ])("refuses %s, issues nothing, and does not count it", async (_, request, problem) => {
    const { issued, issue, requestCounts } = issuing();
    await expect(issue(request)).rejects.toMatchObject({ problems: [problem] });
    expect(issued).toEqual([]);
    expect(requestCounts.counts.size).toBe(0);
  });

  test("refuses an API key's 1,501st request of a window, and no request of another key", async () => {
    const { issued, issue } = issuing();
    for (let count = 0; count < 1_500; count++) await issue(server);
    expect(issued.splice(0)).toHaveLength(1_500);
    await expect(issue(server)).rejects.toMatchObject({
      problems: [{ reason: "rate-exceeded", retryAfterSeconds: 300 }],
    });
    expect(issued).toEqual([]);
    await issue({ ...server, apiKey: new Secret("other") });
    expect(issued).toHaveLength(1);
  });
});
