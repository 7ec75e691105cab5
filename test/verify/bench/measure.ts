import { setTimeout as sleep } from "node:timers/promises";
import { POLL_EVERY_MS } from "../../../functions/jobs/domain/following.ts";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { MobileBackend, type StepReply, stepOf } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { countKinds, upstreamLedger } from "./counts.ts";
import { type JobKind, QUEUED_KIND, QUICK_KINDS } from "./job-kinds.ts";
import { POLLER_LOOKS_EVERY_MS, pollerTemplate } from "./poller/poller-template.ts";
import { type CountedSystem, startCounted, startQueued } from "./system.ts";

/*
 * Counts and measures one system, which the argument names, and prints that as JSON. A program of its own, since local mode
 * starts once per process.
 */

const JOBS_AT_ONCE = 10;
const READ_EVERY_MS = 100;
/** The pace of the sandbox's bank. */
const BANK_STEP_MS = 2_000;

interface RunningJob {
  backend: MobileBackend;
  jobId: string;
}

/** A change at the bank, by how many of its steps it comes after the login or the answer. */
interface Change {
  afterSteps: number;
  isVisible(steps: readonly StepReply[]): boolean;
}

const succeeded = (title: string, afterSteps: number): Change => ({
  afterSteps,
  isVisible: (steps) => stepOf(steps, title)?.status === "success",
});
const asked: Change = {
  afterSteps: 1,
  isVisible: (steps) => stepOf(steps, "mfa-challenge")?.result != null,
};
const retrieved = [succeeded("retrieve-accounts", 2), succeeded("retrieve-transactions", 3)];

const LOGIN = /^\/users\/.+\/connections$/;
const ANSWER = /\/mfa$/;

/** The milliseconds between changes at the bank and their visibility to a client that reads all the time. */
async function delaysOf(target: Target, kind: JobKind, betweenLooksMs: number): Promise<number[]> {
  const backends = Array.from({ length: JOBS_AT_ONCE }, () => new MobileBackend(target));
  await shiftLooks(backends, betweenLooksMs);
  const jobs = await Promise.all(
    backends.map(async (backend) => ({
      backend,
      jobId: await backend.startJob(kind.institutionId, kind.login),
    })),
  );
  const { answers } = kind;
  if (answers === undefined) {
    return delays(target, jobs, LOGIN, [succeeded("verify-credentials", 1), ...retrieved]);
  }
  const untilAsked = await delays(target, jobs, LOGIN, [asked]);
  await shiftLooks(backends, betweenLooksMs);
  await Promise.all(jobs.map(({ backend, jobId }) => backend.answer(jobId, answers)));
  const afterwards = await delays(target, jobs, ANSWER, [succeeded("mfa-challenge", 1), ...retrieved]);
  return [...untilAsked, ...afterwards];
}

/**
 * Looks begin when the bank does, and both go by whole seconds. So that changes fall anywhere between two looks, as they do
 * in life, the next look of each job is held up by another part of the pause between two.
 */
async function shiftLooks(backends: readonly MobileBackend[], betweenLooksMs: number): Promise<void> {
  const holdUps = backends.map((_, index) => ({ delayMs: (index * betweenLooksMs) / backends.length }));
  await backends[0]?.faults(holdUps.map((hold) => ({ method: "GET", path: "/jobs/*", times: 1, do: hold })));
}

async function delays(target: Target, jobs: readonly RunningJob[], post: RegExp, changes: readonly Change[]) {
  const seen = await Promise.all(jobs.map((job) => seenAt(job, changes)));
  const posts = (await upstreamLedger(target)).filter(
    ({ method, path }) => method === "POST" && post.test(path),
  );
  return jobs.flatMap(({ backend }, index) => {
    const begun = posts.find(({ userId }) => userId === backend.userId);
    if (begun === undefined) throw new Error("The bank knows nothing of a job.");
    return changes.map(
      ({ afterSteps }, change) =>
        (seen[index]?.[change] ?? 0) - Date.parse(begun.at) - afterSteps * BANK_STEP_MS,
    );
  });
}

/** When each change was first seen, in milliseconds since 1970. */
async function seenAt({ backend, jobId }: RunningJob, changes: readonly Change[]): Promise<number[]> {
  const seen = changes.map(() => 0);
  while (seen.includes(0)) {
    const { steps } = await backend.job(jobId);
    for (const [index, change] of changes.entries()) {
      if (seen[index] === 0 && change.isVisible(steps)) seen[index] = Date.now();
    }
    await sleep(READ_EVERY_MS);
  }
  return seen;
}

/** At the bank's own pace. */
async function measured(system: CountedSystem, betweenLooksMs: number) {
  const counted = await countKinds(system, QUICK_KINDS);
  const delays: { [kind: string]: number[] } = {};
  for (const kind of QUICK_KINDS) delays[kind.name] = await delaysOf(system.target, kind, betweenLooksMs);
  await system.close();
  return { counted, delays };
}

async function queued() {
  const system = await startQueued(synthesizeApart);
  const counted = await countKinds(system, [QUEUED_KIND]);
  await system.close();
  return { counted, delays: {} };
}

async function measure(name: string | undefined) {
  if (name === "queue") return queued();
  if (name === "ours") return measured(await startCounted({ timeScale: 1 }), POLL_EVERY_MS);
  const synthesize = async (context: { upstreamUrl: string }) =>
    pollerTemplate(await synthesizeApart(context));
  return measured(await startCounted({ timeScale: 1, synthesize }), POLLER_LOOKS_EVERY_MS);
}

process.stdout.write(JSON.stringify(await measure(process.argv[2])));
