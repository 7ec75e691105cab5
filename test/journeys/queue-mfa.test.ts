import { afterAll, beforeAll, expect, test } from "vitest";
import { begun, connected, resume, update } from "./calls.ts";
import { LOGINS, PIED_PIPER } from "./logins.ts";
import { ALL_DONE, isOver, MobileBackend, type StepReply, statuses, stepOf } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { isQueued, NOT_ANSWERED, QUEUE_WORDS, untilQueued } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();

// Some wait for deadlines, so they wait side by side, each with a user of its own. Their jobs were held when the bank was down.
const NAMES = ["answering", "silent", "late", "upstream", "often"] as const;
const held = new Map<string, { backend: MobileBackend; jobId: string }>();
const heldFor = (name: (typeof NAMES)[number]) => {
  const found = held.get(name);
  if (found === undefined) throw new Error("Nothing was held.");
  return found;
};
let updating: { backend: MobileBackend; jobId: string };

beforeAll(async () => {
  const bank = new MobileBackend(reached());
  const other = new MobileBackend(reached());
  const connectionId = await connected(other, PIED_PIPER, LOGINS.gilfoyle, ["Hooli"]);

  for (const name of NAMES) {
    const outage = name === "upstream" ? "queue" : "refuse";
    await bank.institution(PIED_PIPER, { status: "major-outage", outage });
    const backend = new MobileBackend(reached());
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await untilQueued(backend, jobId);
    held.set(name, { backend, jobId });
  }
  await bank.institution(PIED_PIPER, { status: "major-outage", outage: "fail" });
  const jobId = begun(await update(other, connectionId, LOGINS.gilfoyle));
  await untilQueued(other, jobId);
  updating = { backend: other, jobId };
  await bank.institution(PIED_PIPER, { status: "operational" });
});
afterAll(() => new MobileBackend(reached()).institution(PIED_PIPER, { status: "operational" }));

const isAsking = (steps: readonly StepReply[]) => stepOf(steps, "mfa-challenge")?.status === "in-progress";

const NOT_ACTIVE = [409, "mfa-challenge-not-active", [undefined]];
const LATER_STEPS = [
  { title: "mfa-challenge", status: "pending", result: null },
  { title: "retrieve-accounts", status: "pending", result: null },
  { title: "retrieve-transactions", status: "pending", result: null },
];

test.concurrent("a resumed job asks as any other one does, and succeeds with the answer", async () => {
  const { backend, jobId } = heldFor("answering");
  expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NOT_ACTIVE);
  await resume(backend, jobId);
  const challenge = await backend.untilAsked(jobId);
  expect(challenge).toMatchObject({ method: "token", input: ["OTP Password"], expiryMs: 120_000 });
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([2, 1]);
});

test.concurrent("an update asks so too", async () => {
  const { backend, jobId } = updating;
  await resume(backend, jobId);
  expect((await backend.untilAsked(jobId)).input).toEqual(["What's your first company?"]);
  await backend.answer(jobId, ["Hooli"]);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
});

test.concurrent("a challenge that nobody answers takes the job back into the queue, which says so", async () => {
  const { backend, jobId } = heldFor("silent");
  await resume(backend, jobId);
  await backend.untilAsked(jobId);
  const { job, queued } = await untilQueued(backend, jobId);
  expect(queued).toMatchObject({ ...QUEUE_WORDS, detail: NOT_ANSWERED, attempt: 2, attemptsLeft: 83 });
  expect(job.steps.slice(1)).toEqual(LATER_STEPS);
  expect(job.links.source).toBeUndefined();
  expect((await backend.connect(PIED_PIPER, LOGINS.jared)).status).toBe(200);
  expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([2, 0]);
});

test.concurrent("an answer that comes too late counts for no later challenge", async () => {
  const { backend, jobId } = heldFor("late");
  await resume(backend, jobId);
  const first = await backend.untilAsked(jobId);
  await untilQueued(backend, jobId);
  expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NOT_ACTIVE);

  await resume(backend, jobId);
  const second = await backend.untilAsked(jobId);
  expect(Date.parse(second.expiresAt)).toBeGreaterThan(Date.parse(first.expiresAt));
  expect(await backend.answersSent()).toBe(0);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([3, 1]);
});

test.concurrent("a job that upstream held itself asks when somebody is there in time", async () => {
  const { backend, jobId } = heldFor("upstream");
  // Upstream has sent its code when the bank came back, and nobody has seen that: in time or too late, this is answered.
  do {
    expect((await resume(backend, jobId)).status).toBe(202);
    await backend.until(jobId, (steps) => isOver(steps) || isQueued(steps) || isAsking(steps));
  } while (isQueued((await backend.job(jobId)).steps));
  await backend.untilAsked(jobId);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(await backend.answersSent()).toBe(1);
});

test.concurrent("a wrong answer in the queue is the end, in upstream's words", async () => {
  const { backend, jobId } = heldFor("often");
  await resume(backend, jobId);
  await backend.untilAsked(jobId);
  await backend.answer(jobId, ["9999"]);
  const { steps } = await backend.untilOver(jobId);
  expect(steps[1]).toMatchObject({ status: "failed", result: { detail: "MFA response is not correct" } });
  expect(refusal(await resume(backend, jobId))).toEqual([409, "job-not-queued", [undefined]]);
});
