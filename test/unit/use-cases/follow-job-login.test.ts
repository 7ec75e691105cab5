import { describe, expect, test } from "vitest";
import { followingJob, JOB_ID, lookOf, PLAIN, stepsOf, WITH_MFA } from "../../support/job-examples.ts";
import { jobToFollow } from "../../support/use-case-worlds.ts";

const verifying = { ...PLAIN, "verify-credentials": "in-progress" } as const;
const verified = { ...PLAIN, "verify-credentials": "success" } as const;
const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const furtherAttempt = followingJob({
  authorization: "user-mfa-intermittent",
  steps: stepsOf(WITH_MFA),
  attempt: 2,
  queue: { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" },
});

describe("the login", () => {
  test("is destroyed as soon as it is verified", async () => {
    const { ports, follow, row } = await jobToFollow([lookOf(verified)]);
    await follow();
    expect(row().phase).toBe("following");
    expect(ports.vault.names()).toEqual([]);
  });

  test("of a run that died before it could destroy it is destroyed before the next look", async () => {
    const { ports, follow } = await jobToFollow([lookOf(done)], followingJob({ steps: stepsOf(verified) }));
    const { job: look } = ports.upstream;
    let names: string[] | undefined;
    ports.upstream.job = (id) => {
      names = ports.vault.names();
      return look(id);
    };
    await follow();
    expect(names).toEqual([]);
    expect(ports.jobs.row(JOB_ID)).toMatchObject({ phase: "succeeded" });
    expect(ports.jobs.row(JOB_ID).sweepAt).toBeUndefined();
  });

  test("is kept while it is being verified", async () => {
    const { ports, follow } = await jobToFollow([lookOf(verifying)]);
    await follow();
    expect(ports.vault.names()).toHaveLength(1);
  });

  test.each(["succeeded", "failed"] as const)(
    "of a job that %s is destroyed again and again",
    async (phase) => {
      const { ports, follow } = await jobToFollow([], followingJob({ phase }));
      expect(await follow()).toEqual({ next: "done" });
      expect(ports.vault.names()).toEqual([]);
      expect(ports.upstream.ledger).toEqual([]);
    },
  );

  test.each([
    [true, "first asks", {}],
    [false, "asks nothing", { "mfa-challenge": "skipped" }],
    [false, "has been answered", { "mfa-challenge": "success" }],
  ] as const)("of a further attempt is kept: %s, when the bank %s", async (isKept, _, answered) => {
    const steps = { ...WITH_MFA, "verify-credentials": "success", ...answered } as const;
    const { ports, follow } = await jobToFollow([lookOf(steps)], furtherAttempt);
    await follow();
    expect(ports.vault.names()).toHaveLength(isKept ? 1 : 0);
  });

  test("is none of a refresh: nothing is destroyed until its end", async () => {
    const { ports, follow } = await jobToFollow(
      [lookOf(PLAIN), lookOf(verified), lookOf(verified)],
      followingJob({ kind: "refresh", connectionId: "8fce3b" }),
    );
    let calls = 0;
    ports.vault.destroy = async () => {
      calls++;
    };
    await follow();
    expect(calls).toBe(0);
  });
});
