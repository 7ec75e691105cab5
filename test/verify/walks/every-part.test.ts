import { beforeAll, describe, expect, test } from "vitest";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, type MobileBackend, statuses, stepOf } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import {
  type FunctionFaults,
  fails,
  OMITS_THE_WAIT,
  PASSES,
  SAYS_NOTHING,
} from "../support/faulty-functions.ts";
import { secretsOf } from "../support/tables.ts";
import type { Run } from "./definition.ts";
import { type Definition, parseDefinition, partsOf, partsUsed } from "./definition.ts";
import { observedSystem } from "./observed-system.ts";

const TASKS = ["open-connection", "ask-for-answer", "send-answer"] as const;

const runs = new Map<string, Run>();
let definition: Definition;

describe("at a pace at which a user can answer,", () => {
  // A challenge is open for 12 s. Without the sweeper, the workflow alone notices that it expired.
  const system = observedSystem(10, { sweepsByHand: true });
  beforeAll(() => {
    definition = parseDefinition(system.deployed().stateMachines[0]?.definition);
  });

  async function endsWell(title: string, backend: MobileBackend, jobId: string, posts = 1) {
    await system.asked(backend, jobId);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    const { run, steps } = await system.over(backend, jobId);
    expect(statuses(steps)).toEqual(ALL_DONE);
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([posts, 1]);
    runs.set(title, run);
  }

  test("a job at a bank that takes longer than a slice is followed to its end", async () => {
    const backend = system.newBackend();
    await endsWell("slow bank", backend, await system.startSlowJob(backend, PIED_PIPER, LOGINS.jared));
  });

  test("a job goes on when functions of another version return no next step", async () => {
    const backend = system.newBackend();
    const faults = { "open-connection": [SAYS_NOTHING], "send-answer": [SAYS_NOTHING] } as const;
    await endsWell(
      "another version",
      backend,
      await system.startJob(backend, PIED_PIPER, LOGINS.jared, faults),
    );
  });

  test("a job ends well with one login and one answer after every temporary error of follow-job", async () => {
    const backend = system.newBackend();
    const jobId = await system.startSlowJob(backend, PIED_PIPER, LOGINS.jared, { "follow-job": PASSES });
    await endsWell("passing: follow-job", backend, jobId);
  });

  test.each(["before", "after"] as const)(
    "a job fails and keeps no secret when follow-job throws an unknown error %s its work",
    async (when) => {
      const backend = system.newBackend();
      const faults = { "follow-job": fails(when, "SyntaxError") };
      const jobId = await system.startSlowJob(backend, PIED_PIPER, LOGINS.jared, faults);
      const { run, steps } = await system.over(backend, jobId);
      const failed = steps.filter(({ status }) => status === "failed");
      expect(failed).toMatchObject([{ result: { code: "internal-server-error" } }]);
      expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 0]);
      expect(await secretsOf(jobId)).toEqual([]);
      runs.set(`broken: follow-job, ${when}`, run);
    },
  );

  test("a job ends well when send-answer throws an unknown error after it sent the answer", async () => {
    const backend = system.newBackend();
    const faults = { "send-answer": fails("after", "SyntaxError") };
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared, faults);
    await endsWell("broken: send-answer, after", backend, jobId);
    expect(await secretsOf(jobId)).toEqual([]);
  });

  test.concurrent("a challenge that nobody answers expires", async () => {
    const backend = system.newBackend();
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    const { run, steps } = await system.over(backend, jobId);
    const failed = { status: "failed", result: { code: "mfa-expired" } };
    expect(stepOf(steps, "mfa-challenge")).toMatchObject(failed);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(410);
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 0]);
    runs.set("silent user", run);
  });

  test.concurrent.each(TASKS)(
    "a job ends well with one login and one answer after every temporary error of %s",
    async (entry) => {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared, { [entry]: PASSES });
      await endsWell(`passing: ${entry}`, backend, jobId);
    },
  );

  test.concurrent.each([
    ["open-connection", "before"],
    ["open-connection", "after"],
    ["ask-for-answer", "before"],
    ["ask-for-answer", "after"],
    ["send-answer", "before"],
  ] as const)(
    "a job fails and keeps no secret when %s throws an unknown error %s its work, and give-up is retried",
    async (entry, when) => {
      const backend = system.newBackend();
      const giveUp = [...fails("before", "Lambda.ServiceException"), ...fails("after", "SyntaxError")];
      const faults = { [entry]: fails(when, "SyntaxError"), "give-up": giveUp };
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared, faults);
      if (entry === "send-answer") {
        await system.asked(backend, jobId);
        await backend.answer(jobId, ["1234"]);
      }
      const { run, steps } = await system.over(backend, jobId);
      const failed = steps.filter(({ status }) => status === "failed");
      expect(failed).toMatchObject([{ result: { code: "internal-server-error" } }]);
      expect((await backend.answer(jobId, ["1234"])).status).toBe(409);
      expect(await backend.loginsSent()).toBe(entry === "open-connection" && when === "before" ? 0 : 1);
      expect(await backend.answersSent()).toBe(0);
      expect(await secretsOf(jobId)).toEqual([]);
      runs.set(`broken: ${entry}, ${when}`, run);
    },
  );

  const PAUSED = { status: 429, retryAfter: "30" };

  test.each<[string, string, FunctionFaults]>([
    ["a pause", "pause", {}],
    [
      "a pause for which functions of another version return no time",
      "another version: pause",
      { "open-connection": [OMITS_THE_WAIT] },
    ],
  ])("a login is sent after %s that the aggregator asks for", async (_, title, faults) => {
    const backend = system.newBackend();
    await backend.faults([{ method: "POST", path: "/users/*/connections", times: 1, do: PAUSED }]);
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared, faults);
    await endsWell(title, backend, jobId, 2);
  });

  test("no function makes a call without a permission", () => {
    expect(system.refusedCalls()).toEqual([]);
  });
});

describe("at a pace at which two hours are ten seconds,", () => {
  const system = observedSystem(720);

  async function endsWellAtLast(title: string, backend: MobileBackend, bank: string, jobId: string) {
    await backend.institution(bank, { status: "operational" });
    const { run, steps } = await system.over(backend, jobId, 2);
    expect(statuses(steps)).toEqual([
      "verify-credentials: success",
      "retrieve-accounts: success",
      "retrieve-transactions: success",
    ]);
    expect(await backend.loginsSent()).toBe(2);
    runs.set(title, run);
  }

  test.concurrent("a job whose login fails because the bank is down is held, and retried when the bank is back", async () => {
    const backend = system.newBackend();
    await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "fail" });
    const jobId = await system.startJob(backend, HOOLI_GOV, LOGINS.gavin);
    expect((await untilQueued(backend, jobId)).queued.attempt).toBe(1);
    await endsWellAtLast("down: fail", backend, HOOLI_GOV, jobId);
  });

  test.concurrent("a job whose bank is still down at the next attempt is held again", async () => {
    const backend = system.newBackend();
    await backend.institution(HOOLI, { status: "major-outage", outage: "refuse" });
    const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
    await untilQueued(backend, jobId, ({ attempt }) => attempt === 2);
    await endsWellAtLast("down: refuse", backend, HOOLI, jobId);
  });

  test("no function makes a call without a permission", () => {
    expect(system.refusedCalls()).toEqual([]);
  });
});

describe("these journeys", () => {
  const without = (leftOut: (title: string) => boolean) => {
    const stored = [...runs].filter(([title]) => !leftOut(title));
    const used = new Set(stored.flatMap(([, run]) => [...partsUsed(definition, run)]));
    return partsOf(definition).filter((part) => !used.has(part));
  };

  test("go through every state, branch, retrier and catcher of the definition", () => {
    expect(partsOf(definition)).toHaveLength(10 + 6 + 14 + 5);
    expect(without(() => false)).toEqual([]);
  });

  test.each([
    [/^another version$/, ["What did the bank say?, no next"]],
    [/^silent user$/, ["Ask for the answer, catcher 1"]],
    [/^passing: follow-job$/, [1, 2, 3].map((number) => `Follow the job, retrier ${number}`)],
  ])("miss a part without %s", (left, missed) => {
    expect(without((title) => left.test(title))).toEqual(expect.arrayContaining(missed));
  });
});
