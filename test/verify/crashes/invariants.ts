import { hasBegun, isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import type { StepStatus } from "../../../functions/jobs/domain/steps.ts";
import type { Aftermath } from "./aftermath.ts";
import type { Cell } from "./cell.ts";
import { isOver, isQueued, type StepSeen } from "./patient-client.ts";
import type { Played } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";

/** How the steps of jobs end, and what a run that nothing disturbed has sent to upstream. */
export interface Wanted extends Pick<Scenario, "ends" | "mayEnd" | "isRefused"> {
  taken: readonly string[];
  /** How much else was posted: before the scenario began, or in vain. */
  others: number;
}

/** Every promise that was broken to one user, in words. */
export function broken(
  { cell, client, trouble }: Played,
  found: Aftermath | undefined,
  wanted: Wanted,
): string[] {
  if (found === undefined) return ["nobody looked"];
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...(client.seen.length === 0 ? ["no job was ever seen"] : []),
    ...[...client.acknowledged].flatMap((id) => [
      ...endOf(id, found, wanted).map((what) => `I1: ${what}`),
      ...drivers(found.driven.get(id) ?? []).map((what) => `I2: ${what}`),
      ...versions(cell.written.filter((job) => job.id === id)).map((what) => `I3: ${what}`),
      ...replies(client.seen.filter((job) => job.id === id)).map((what) => `I4: ${what}`),
    ]),
    ...posts(cell, found, wanted).map((what) => `I2: ${what}`),
    ...found.secrets.map((purpose) => `I5: a secret is left: ${purpose}`),
    ...found.jobs
      .filter(({ id }) => !client.acknowledged.has(id))
      .map(({ phase }) => `I6: nobody was told of a job, which is ${phase}`),
  ];
}

function endOf(id: string, { jobs }: Aftermath, { ends, mayEnd }: Wanted): string[] {
  const job = jobs.find((each) => each.id === id);
  if (job === undefined) return ["a job that was acknowledged is gone"];
  if (!isFinished(job)) return [`a job is left ${job.phase}`];
  if (job.sweepAt !== undefined) return ["the sweeper has not done with a job"];
  const steps = job.steps.map(({ title, status }) => `${title} ${status}`);
  return [ends.join(), mayEnd?.join()].includes(steps.join())
    ? []
    : [`a job ended otherwise: ${JSON.stringify(job.steps)}`];
}

function drivers(driven: readonly { began: number; ended: number | undefined }[]): string[] {
  const isBeside = driven.some(
    ({ began }, index) => index > 0 && (driven[index - 1]?.ended ?? Infinity) > began,
  );
  const runsOn = driven.some(({ ended }) => ended === undefined);
  return [...(isBeside ? ["two executions ran at once"] : []), ...(runsOn ? ["an execution runs on"] : [])];
}

/** Upstream's ledger is the witness. */
function posts({ taken }: Cell, { posted }: Aftermath, wanted: Wanted): string[] {
  const often = (call: string, calls: readonly string[]) => calls.filter((each) => each === call).length;
  const isTooMuch = taken.some((call) => often(call, taken) > often(call, wanted.taken));
  const isTooLittle = wanted.mayEnd === undefined && taken.length < wanted.taken.length;
  if (isTooMuch || isTooLittle) {
    return [`upstream took ${taken.join(", ")}, and not ${wanted.taken.join(", ")}`];
  }
  const more = posted.length - taken.length - wanted.others;
  return more === 0 || (more === 1 && wanted.isRefused)
    ? []
    : [`upstream noted ${posted.join(", ")}, and took ${taken.join(", ")}`];
}

/** A row that nobody was told of may go, and be added again when its request is repeated. */
function versions(written: readonly Job[]): string[] {
  const problems: string[] = [];
  const since = Math.max(
    0,
    written.findLastIndex(({ version }) => version === 1),
  );
  if (written.slice(0, since).some(hasBegun)) problems.push("a job that had begun was begun anew");
  const ordered = written.slice(since).toSorted((a, b) => a.version - b.version);
  for (const [index, after] of ordered.entries()) {
    const before = ordered[index - 1];
    if (before === undefined) continue;
    if (after.version !== before.version + 1)
      problems.push(`version ${after.version} after ${before.version}`);
    if (isFinished(before)) problems.push(`${after.phase} after ${before.phase}`);
    if (after.phase !== "queued") problems.push(...backward(before.steps, after.steps));
  }
  return problems;
}

function replies(seen: readonly { updated: string; steps: StepSeen[] }[]): string[] {
  const problems: string[] = [];
  for (const [index, after] of seen.entries()) {
    const before = seen[index - 1];
    if (before === undefined) continue;
    if (after.updated < before.updated) problems.push(`${after.updated} after ${before.updated}`);
    if (isOver(before.steps) && JSON.stringify(before.steps) !== JSON.stringify(after.steps)) {
      problems.push("a job changed after its end");
    }
    if (!isQueued(after.steps)) problems.push(...backward(before.steps, after.steps));
  }
  return problems;
}

const RANKS: { readonly [status in StepStatus]: number } = {
  pending: 0,
  "in-progress": 1,
  success: 2,
  failed: 2,
  skipped: 2,
};

type Ranked = readonly { title: string; status: StepStatus }[];

function backward(before: Ranked, after: Ranked): string[] {
  return before.flatMap(({ title, status }) => {
    const now = after.find((step) => step.title === title)?.status;
    if (now !== undefined && RANKS[now] >= RANKS[status] && (RANKS[status] < 2 || now === status)) return [];
    return [`${title} went back from ${status} to ${now}`];
  });
}
