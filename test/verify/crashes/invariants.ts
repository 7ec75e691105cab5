import { setTimeout as sleep } from "node:timers/promises";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { hasBegun, isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import type { StepStatus } from "../../../functions/jobs/domain/steps.ts";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { parseJobRecord } from "../../../functions/jobs/store/job-record.ts";
import type { HistoryEvent } from "../../../infra/local/step-functions/execution-history.ts";
import { rowsOfAll } from "../../journeys/local/tables.ts";
import { executionArn } from "../../support/aws-recorder.ts";
import type { Played, Scenario } from "./matrix.ts";
import type { Cell, MortalSystem } from "./mortal-system.ts";
import { isOver, isQueued, type StepSeen, upstreamSide } from "./patient-client.ts";

/** When an execution began and ended, in seconds since 1970. */
interface Driven {
  began: number;
  ended: number | undefined;
}

/** What exists of one user once all is over. */
export interface Aftermath {
  jobs: Job[];
  /** The purposes of the secrets that are left, of any job that the user ever had. */
  secrets: string[];
  /** The executions of each job, in the order of their generations. */
  driven: Map<string, Driven[]>;
  /** Paths that were posted to upstream. */
  posted: string[];
}

const anyRow = z.record(z.string(), z.custom<AttributeValue>());
const secretRow = z.object({ jobId: z.string(), purpose: z.string(), sealed: z.instanceof(Uint8Array) });

/** Many times what the slowest crash needs: a minute until a job is due for the sweeper, and a minute until that runs. */
const NOMINAL_MINUTES = 10;
const LOOKS = 60;

/** The aftermath of each user, once nothing is left to be done, or after as long as that may take. */
export async function whenQuiet(
  system: MortalSystem,
  played: readonly Played[],
): Promise<Map<string, Aftermath>> {
  const lookEveryMs = Math.max((NOMINAL_MINUTES * 60_000) / system.timeScale / LOOKS, 50);
  for (let looks = 1; ; looks++) {
    const found = await look(system, played);
    const isQuiet = played.every(({ cell, client }) =>
      isSettled(found.get(cell.userId), client.acknowledged),
    );
    if (isQuiet || looks === LOOKS) return found;
    await sleep(lookEveryMs);
  }
}

function isSettled(found: Aftermath | undefined, acknowledged: ReadonlySet<string>): boolean {
  if (found === undefined || found.secrets.length > 0) return false;
  const ends = [...found.driven.values()].flat().map(({ ended }) => ended);
  const isLeft = (job: Job) => !isFinished(job) || job.sweepAt !== undefined || !acknowledged.has(job.id);
  return !found.jobs.some(isLeft) && !ends.includes(undefined);
}

async function look(system: MortalSystem, played: readonly Played[]): Promise<Map<string, Aftermath>> {
  const rows = (await rowsOfAll()).map((row) => unmarshall(anyRow.parse(row)));
  const jobs = rows.filter(({ pk }) => String(pk).startsWith("job#")).map(parseJobRecord);
  const secrets = rows.flatMap((row) => secretRow.safeParse(row).data ?? []);
  const calls = await upstreamSide(system.target().sandboxUrl).calls();
  const posts = Map.groupBy(
    calls.filter(({ method }) => method === "POST"),
    ({ userId }) => userId,
  );
  return new Map(
    played.map(({ cell: { userId, jobIds } }) => {
      const mine = jobs.filter((job) => job.userId === userId);
      const known = new Set([...mine.map(({ id }) => id), ...jobIds]);
      const aftermath = {
        jobs: mine,
        secrets: secrets.filter(({ jobId }) => known.has(jobId)).map(({ purpose }) => purpose),
        driven: new Map([...known].map((id) => [id, drivenBy(system, id)])),
        posted: (posts.get(userId) ?? []).map(({ path }) => path),
      };
      return [userId, aftermath];
    }),
  );
}

function drivenBy(system: MortalSystem, jobId: string): Driven[] {
  const driven: Driven[] = [];
  for (let generation = 1; ; generation++) {
    const history = historyOf(system, executionName({ id: jobId, generation }));
    if (history === undefined) return driven;
    const end = history.findLast(({ type }) => /^Execution(?!Started)/.test(type));
    driven.push({ began: history[0]?.timestamp ?? 0, ended: end?.timestamp });
  }
}

function historyOf(system: MortalSystem, name: string): readonly HistoryEvent[] | undefined {
  const { stepFunctions, deployed } = system.system();
  const [machine] = deployed.stateMachines;
  try {
    return stepFunctions.history(executionArn(machine?.arn, name));
  } catch {
    return undefined;
  }
}

/** How the steps of jobs end, and what an undisturbed run has sent to upstream. */
export interface Wanted extends Pick<Scenario, "ends" | "mayEnd" | "isRefused"> {
  taken: readonly string[];
  /** How many other posts there were: before the scenario began, or refused. */
  others: number;
}

/** Every promise to one user that was broken, in words. */
export function broken(
  { cell, client, trouble }: Played,
  found: Aftermath | undefined,
  wanted: Wanted,
): string[] {
  if (found === undefined) return ["the aftermath is missing"];
  const all = (invariant: string, problems: readonly string[]) =>
    problems.map((problem) => `${invariant}: ${problem}`);
  const unknown = found.jobs.filter(({ id }) => !client.acknowledged.has(id));
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...(client.seen.length === 0 ? ["no job was ever seen"] : []),
    ...[...client.acknowledged].flatMap((id) => [
      ...all("I1", endOf(id, found, wanted)),
      ...all("I2", drivers(found.driven.get(id) ?? [])),
      ...all("I3", versions(cell.written.filter((job) => job.id === id))),
      ...all("I4", replies(client.seen.filter((job) => job.id === id))),
    ]),
    ...all("I2", posts(cell, found, wanted)),
    ...found.secrets.map((purpose) => `I5: a secret is left: ${purpose}`),
    ...unknown.map(({ phase }) => `I6: no reply named a job, which is ${phase}`),
  ];
}

function endOf(id: string, { jobs }: Aftermath, { ends, mayEnd }: Wanted): string[] {
  const job = jobs.find((each) => each.id === id);
  if (job === undefined) return ["an acknowledged job is missing"];
  if (!isFinished(job)) return [`a job is left ${job.phase}`];
  if (job.sweepAt !== undefined) return ["a finished job is still to be swept"];
  const steps = job.steps.map(({ title, status }) => `${title} ${status}`);
  return [ends.join(), mayEnd?.join()].includes(steps.join())
    ? []
    : [`a job ended otherwise: ${JSON.stringify(job.steps)}`];
}

function drivers(driven: readonly Driven[]): string[] {
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
  if (isTooMuch || isTooLittle)
    return [`upstream took ${taken.join(", ")}, and not ${wanted.taken.join(", ")}`];
  const more = posted.length - taken.length - wanted.others;
  return more === 0 || (more === 1 && wanted.isRefused)
    ? []
    : [`upstream noted ${posted.join(", ")}, and took ${taken.join(", ")}`];
}

/** A row that no reply named may be removed, and added again when its request is repeated. */
function versions(written: readonly Job[]): string[] {
  const problems: string[] = [];
  const since = Math.max(
    0,
    written.findLastIndex(({ version }) => version === 1),
  );
  if (written.slice(0, since).some(hasBegun)) problems.push("a job that had begun was begun again");
  const ordered = written.slice(since).toSorted((a, b) => a.version - b.version);
  for (const [before, after] of pairs(ordered)) {
    if (after.version !== before.version + 1)
      problems.push(`version ${after.version} after ${before.version}`);
    if (isFinished(before)) problems.push(`${after.phase} after ${before.phase}`);
    if (after.phase !== "queued") problems.push(...backward(before.steps, after.steps));
  }
  return problems;
}

function replies(seen: readonly { updated: string; steps: StepSeen[] }[]): string[] {
  const problems: string[] = [];
  for (const [before, after] of pairs(seen)) {
    if (after.updated < before.updated) problems.push(`${after.updated} after ${before.updated}`);
    if (isOver(before.steps) && JSON.stringify(before.steps) !== JSON.stringify(after.steps))
      problems.push("a job changed after its end");
    if (!isQueued(after.steps)) problems.push(...backward(before.steps, after.steps));
  }
  return problems;
}

function pairs<Item>(items: readonly Item[]): [before: Item, after: Item][] {
  return items.slice(1).flatMap((after, index) => {
    const before = items[index];
    return before === undefined ? [] : [[before, after]];
  });
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
