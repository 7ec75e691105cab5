import { describe, expect, onTestFinished, test } from "vitest";
import { fateOfAnswer } from "../../functions/jobs/domain/challenge.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { outcomeOf } from "../../functions/jobs/domain/failures.ts";
import { isAvailable } from "../../functions/jobs/domain/institution.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { statusOf, VERIFY_CREDENTIALS } from "../../functions/jobs/domain/steps.ts";
import { findAttempt, openChallenge, type UpstreamJob } from "../../functions/jobs/domain/upstream-job.ts";
import { challengeOf, gavin, USER_ID } from "../support/job-examples.ts";
import { type Bank, basiqBank, scriptedBank } from "./banks.ts";

/** Another aggregator is one more row. */
const IMPLEMENTATIONS: [string, () => Promise<Bank>][] = [
  ["in memory", scriptedBank],
  ["Basiq", basiqBank],
];

const isDone = ({ steps }: UpstreamJob) => steps.every(({ status }) => status === "success");
const hasFailed = ({ steps }: UpstreamJob) => steps.some(({ status }) => status === "failed");
const asks = (job: UpstreamJob) => openChallenge(job) !== undefined;

describe.each(IMPLEMENTATIONS)("the aggregator %s", (_, make) => {
  async function newBank() {
    const bank = await make();
    onTestFinished(bank.close);
    const { upstream, clock } = bank;
    const post = async ({ institutionId, login } = bank.takes(), userId = USER_ID) =>
      (await upstream.openConnection(userId, institutionId, login)).upstreamJobId;
    /** Reads a job again and again until it is as wanted. */
    const shown = async (upstreamJobId: string, isWanted: (job: UpstreamJob) => boolean) => {
      for (let reads = 0; reads < 20; reads++) {
        const job = await upstream.job(upstreamJobId);
        if (isWanted(job)) return job;
        clock.pass(1_000);
      }
      throw new Error("The job never became as wanted.");
    };
    /** A connection that a job has made. */
    const connected = async () => {
      const upstreamJobId = await post();
      const { connectionId = "" } = await shown(upstreamJobId, isDone);
      return { upstreamJobId, connectionId };
    };
    const idsOf = async (connectionId?: string) =>
      (await upstream.jobsOf(USER_ID, connectionId)).map(({ id }) => id);
    const asking = async () => {
      const { answers, ...attempt } = bank.asks();
      const upstreamJobId = await post({ ...attempt, answers });
      return { upstreamJobId, answers, job: await shown(upstreamJobId, asks) };
    };
    return { ...bank, bank, post, shown, connected, idsOf, asking };
  }

  describe("an institution", () => {
    test("that exists has a record, and an unknown one has none", async () => {
      const { upstream, institutions, bank } = await newBank();
      const { institutionId } = bank.takes();
      for (const port of [upstream, institutions]) {
        expect(await port.institution(institutionId)).toMatchObject({
          id: institutionId,
          authorization: "user",
          needsSecurityCode: false,
          needsSecondaryLoginId: false,
          status: "operational",
        });
        expect(await port.institution("AU99999")).toBeUndefined();
      }
    });

    test("that is down has that status, and a login for it is refused as an outage", async () => {
      const { upstream, bank, post, idsOf } = await newBank();
      const attempt = bank.takes();
      await bank.isDown(attempt.institutionId);
      const record = await upstream.institution(attempt.institutionId);
      expect(record && isAvailable(record)).toBe(false);
      const refusal: unknown = await post(attempt).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(UpstreamRefused);
      const step = { title: VERIFY_CREDENTIALS, status: "failed" } as const;
      const result = refusal instanceof UpstreamRefused ? refusal.problem : null;
      expect(outcomeOf({ phase: "failed", steps: [{ ...step, result }] })).toBe("unavailable");
      expect(await idsOf()).toEqual([]);
    });
  });

  describe("a login", () => {
    test("that the bank takes makes a job, in the user's list, and a connection", async () => {
      const { upstream, post, shown, bank } = await newBank();
      const attempt = bank.takes();
      const upstreamJobId = await post(attempt);
      expect(statusOf((await upstream.job(upstreamJobId)).steps, VERIFY_CREDENTIALS)).not.toBe("success");
      const { connectionId = "" } = await shown(upstreamJobId, isDone);
      const { institutionId } = attempt;
      expect(await upstream.jobsOf(USER_ID)).toMatchObject([
        { id: upstreamJobId, connectionId, institutionId },
      ]);
      expect(await upstream.connectionsOf(USER_ID)).toEqual([{ id: connectionId, institutionId }]);
      expect(await upstream.connection(USER_ID, connectionId)).toEqual({
        id: connectionId,
        institutionId,
      });
    });

    test("that the bank has not taken yet makes no connection that is finished", async () => {
      const { upstream, post } = await newBank();
      await post();
      const unfinished = (await upstream.connectionsOf(USER_ID)).map(({ isBeingMade }) => isBeingMade);
      expect(unfinished.every((isBeingMade) => isBeingMade === true)).toBe(true);
    });

    test("that the bank refuses fails its job with that outcome", async () => {
      const { post, shown, bank } = await newBank();
      const { steps } = await shown(await post(bank.findsWrong()), hasFailed);
      expect(outcomeOf({ phase: "failed", steps })).toBe("credentials-refused");
    });

    test("that comes while a job lasts is not taken, and that job is named as an earlier one", async () => {
      const { bank, upstream, post, shown, idsOf } = await newBank();
      const first = await post();
      bank.meets(first);
      const { institutionId, login } = bank.findsWrong();
      const posted = await upstream.openConnection(USER_ID, institutionId, login);
      expect(posted).toEqual({ upstreamJobId: first, isEarlier: true });
      expect(await idsOf()).toEqual([first]);
      expect(isDone(await shown(first, isDone))).toBe(true);
    });

    test("that comes after the job before is over makes a job of its own, which is no earlier one", async () => {
      const { bank, upstream, connected, idsOf } = await newBank();
      const { upstreamJobId: first } = await connected();
      const { institutionId, login } = bank.takes();
      const posted = await upstream.openConnection(USER_ID, institutionId, login);
      expect(posted).toEqual({ upstreamJobId: expect.any(String) });
      expect((await idsOf()).toSorted()).toEqual([first, posted.upstreamJobId].toSorted());
    });

    test("for an unknown institution is refused, and makes no job, like every refused one", async () => {
      const { bank, upstream, post, idsOf } = await newBank();
      await expect(upstream.openConnection(USER_ID, "AU99999", gavin)).rejects.toThrow(UpstreamRefused);
      await bank.refuses();
      await expect(post()).rejects.toThrow(UpstreamRefused);
      expect(await idsOf()).toEqual([]);
    });

    test("whose reply is lost was posted once, and its job is found in the list", async () => {
      const { bank, upstream, clock, post, idsOf } = await newBank();
      const attempt = bank.takes();
      const startedAt = clock.now().toISOString();
      await bank.losesReply();
      await expect(post(attempt)).rejects.toThrow(UpstreamUnavailable);
      const [id, ...more] = await idsOf();
      expect([id === undefined, more]).toEqual([false, []]);
      const { institutionId } = attempt;
      const listed = await upstream.jobsOf(USER_ID);
      expect(findAttempt(listed, { institutionId, startedAt, knownUpstreamJobIds: [] })?.id).toBe(id);
    });

    test("that does not arrive was not posted again", async () => {
      const { bank, post, idsOf } = await newBank();
      await bank.losesRequest();
      await expect(post()).rejects.toThrow(UpstreamUnavailable);
      expect(await idsOf()).toEqual([]);
    });
  });

  describe.each([
    [
      "an update",
      ({ upstream }: Bank, id: string, user = USER_ID) => upstream.updateConnection(user, id, gavin),
    ],
    ["a refresh", ({ upstream }: Bank, id: string, user = USER_ID) => upstream.refreshConnection(user, id)],
  ])("%s", (__, repost) => {
    test("is a job of its own on the same connection, and is in the list of that connection only", async () => {
      const { bank, shown, connected, idsOf } = await newBank();
      const [first, other] = [await connected(), await connected()];
      const { upstreamJobId } = await repost(bank, first.connectionId);
      expect(upstreamJobId).not.toBe(first.upstreamJobId);
      expect(await idsOf(other.connectionId)).toEqual([other.upstreamJobId]);
      expect(await idsOf(first.connectionId)).toContain(upstreamJobId);
      expect((await shown(upstreamJobId, isDone)).connectionId).toBe(first.connectionId);
      expect((await idsOf(first.connectionId)).toSorted()).toEqual(
        [first.upstreamJobId, upstreamJobId].toSorted(),
      );
    });

    test("that comes while a job of its connection lasts names that one as an earlier one", async () => {
      const { bank, connected, idsOf } = await newBank();
      const { upstreamJobId: first, connectionId } = await connected();
      const { upstreamJobId } = await repost(bank, connectionId);
      bank.meets(upstreamJobId);
      expect(await repost(bank, connectionId)).toEqual({ upstreamJobId, isEarlier: true });
      expect((await idsOf(connectionId)).toSorted()).toEqual([first, upstreamJobId].toSorted());
    });

    test("of a connection that is unknown, or another user's, is refused, and makes no job", async () => {
      const { bank, connected, idsOf } = await newBank();
      const { upstreamJobId, connectionId } = await connected();
      await expect(repost(bank, "nothing")).rejects.toThrow(UpstreamRefused);
      await expect(repost(bank, connectionId, "somebody-else")).rejects.toThrow(UpstreamRefused);
      expect(await idsOf()).toEqual([upstreamJobId]);
    });

    test("whose reply is lost was posted once", async () => {
      const { bank, connected, idsOf } = await newBank();
      const { upstreamJobId, connectionId } = await connected();
      await bank.losesReply();
      await expect(repost(bank, connectionId)).rejects.toThrow(UpstreamUnavailable);
      expect((await idsOf(connectionId)).filter((id) => id !== upstreamJobId)).toHaveLength(1);
    });
  });

  describe("a challenge", () => {
    test("is shown until it is answered, and the right answer ends it", async () => {
      const { upstream, shown, asking } = await newBank();
      const { upstreamJobId, answers, job } = await asking();
      expect(openChallenge(job)?.input).toHaveLength(answers.length);
      expect(openChallenge(job)?.expiryMs).toBeGreaterThan(0);
      await upstream.answer(USER_ID, upstreamJobId, answers);
      expect(openChallenge(await upstream.job(upstreamJobId))).toBeUndefined();
      expect(isDone(await shown(upstreamJobId, isDone))).toBe(true);
    });

    test.each([
      ["whose reply is lost", ({ losesReply }: Bank) => losesReply(), "received"],
      ["that does not arrive", ({ losesRequest }: Bank) => losesRequest(), "not-received"],
    ])("has an answer %s, which the job says was %s", async (__, lose, fate) => {
      const { bank, upstream, clock, asking } = await newBank();
      const { upstreamJobId, answers, job } = await asking();
      const challenge = challengeOf({ upstreamUpdated: job.updated });
      clock.pass(1_000);
      await lose(bank);
      await expect(upstream.answer(USER_ID, upstreamJobId, answers)).rejects.toThrow(UpstreamUnavailable);
      expect(fateOfAnswer(challenge, await upstream.job(upstreamJobId))).toBe(fate);
    });

    test("whose answer is refused is still open", async () => {
      const { bank, upstream, asking } = await newBank();
      const { upstreamJobId, answers } = await asking();
      await bank.refuses();
      await expect(upstream.answer(USER_ID, upstreamJobId, answers)).rejects.toThrow(UpstreamRefused);
      expect(openChallenge(await upstream.job(upstreamJobId))).toBeDefined();
    });
  });

  describe("a job or a connection that is unknown", () => {
    test("refuses every call for the job", async () => {
      const { upstream } = await newBank();
      await expect(upstream.job("nothing")).rejects.toThrow(UpstreamRefused);
      await expect(upstream.answer(USER_ID, "nothing", [new Secret("1234")])).rejects.toThrow(
        UpstreamRefused,
      );
    });

    test("gives no connection and no jobs, nor to another user", async () => {
      const { upstream, connected } = await newBank();
      const { connectionId } = await connected();
      expect(await upstream.connection(USER_ID, "nothing")).toBeUndefined();
      expect(await upstream.connection("somebody-else", connectionId)).toBeUndefined();
      expect(await upstream.connectionsOf("somebody-else")).toEqual([]);
      expect(await upstream.jobsOf("somebody-else")).toEqual([]);
    });
  });

  test("gives no reply while it is down: every call is unavailable, and none is a refusal", async () => {
    const { bank, upstream, connected } = await newBank();
    const { upstreamJobId, connectionId } = await connected();
    const { institutionId, login } = bank.takes();
    await bank.goesDown();
    const calls: (() => Promise<unknown>)[] = [
      () => upstream.institution(institutionId),
      () => upstream.openConnection(USER_ID, institutionId, login),
      () => upstream.updateConnection(USER_ID, connectionId, login),
      () => upstream.refreshConnection(USER_ID, connectionId),
      () => upstream.job(upstreamJobId),
      () => upstream.jobsOf(USER_ID),
      () => upstream.answer(USER_ID, upstreamJobId, [new Secret("1234")]),
      () => upstream.connection(USER_ID, connectionId),
      () => upstream.connectionsOf(USER_ID),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(UpstreamUnavailable);
  });
});
