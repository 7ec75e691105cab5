import { setTimeout as sleep } from "node:timers/promises";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import type { JobEvent } from "../../../functions/events/domain/event.ts";
import { eventIn } from "../../../functions/events/store/event-row.ts";
import { hasBegun, isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import type { StepStatus } from "../../../functions/jobs/domain/steps.ts";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { parseJobRecord } from "../../../functions/jobs/store/job-record.ts";
import type { HistoryEvent } from "../../../infra/local/step-functions/execution-history.ts";
import { executionArn } from "../support/aws-recorder.ts";
import { rowsOfAll } from "../support/tables.ts";
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
  /** The events of each job, by their numbers. */
  events: Map<string, JobEvent[]>;
  /** If there is a receiver of webhooks: the ids of the events of each job that arrived there, each once, in the order of their arrival. */
  arrived: Map<string, string[]> | undefined;
  /** How many messages to it wait. */
  waiting: number;
}

const anyRow = z.record(z.string(), z.custom<AttributeValue>());
const waitingRow = z.object({
  pk: z.string().startsWith("message#"),
  path: z.string(),
  status: z.literal("pending"),
});
const secretRow = z.object({ jobId: z.string(), purpose: z.string(), sealed: z.instanceof(Uint8Array) });

/** A job is due for the sweeper within a minute, and the sweeper runs within another one. A test polls six times in that minute. */
const NOMINAL_SECONDS = 10;
const LEAST_MS = 250;
/** Far more than the slowest crash needs, on a busy machine too. */
const LOOKS = 200;

/** The aftermath of each user, once nothing is left to be done, or after as long as that may take. */
export async function whenQuiet(
  system: MortalSystem,
  played: readonly Played[],
): Promise<Map<string, Aftermath>> {
  const lookEveryMs = Math.max((NOMINAL_SECONDS * 1000) / system.timeScale, LEAST_MS);
  for (let looks = 1; ; looks++) {
    const found = await look(system, played);
    const isQuiet = played.every(({ cell, client }) =>
      cannotArrive(found.get(cell.userId), client.acknowledged),
    );
    if (isQuiet || looks === LOOKS) return found;
    await sleep(lookEveryMs);
  }
}

function cannotArrive(found: Aftermath | undefined, acknowledged: ReadonlySet<string>): boolean {
  if (found === undefined || found.secrets.length > 0) return false;
  const ends = [...found.driven.values()].flat().map(({ ended }) => ended);
  const isLeft = (job: Job) => !isFinished(job) || job.sweepAt !== undefined || !acknowledged.has(job.id);
  const lacksEvents = ({ id, eventCount = 0 }: Job) =>
    (found.events.get(id) ?? []).length < eventCount ||
    (found.arrived?.get(id) ?? found.events.get(id) ?? []).length < eventCount;
  if (found.waiting > 0) return false;
  return !found.jobs.some(isLeft) && !found.jobs.some(lacksEvents) && !ends.includes(undefined);
}

async function look(system: MortalSystem, played: readonly Played[]): Promise<Map<string, Aftermath>> {
  const rows = (await rowsOfAll()).map((row) => unmarshall(anyRow.parse(row)));
  const jobs = rows.filter(({ pk }) => String(pk).startsWith("job#")).map(parseJobRecord);
  const secrets = rows.flatMap((row) => secretRow.safeParse(row).data ?? []);
  const events = Map.groupBy(
    rows
      .flatMap((row) => eventIn(row) ?? [])
      .toSorted((a, b) => (a.place < b.place ? -1 : 1))
      .flatMap((event) => (event.entity === "job" ? event : [])),
    ({ job }) => job.id,
  );
  const waiting = rows.flatMap((row) => waitingRow.safeParse(row).data ?? []);
  const arrived = system.arrived && Map.groupBy(system.arrived, ({ jobId }) => jobId);
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
        events: new Map([...known].map((id) => [id, events.get(id) ?? []])),
        arrived:
          arrived &&
          new Map([...known].map((id) => [id, unique(arrived.get(id)?.map(({ eventId }) => eventId))])),
        waiting: waiting.filter(({ path }) => known.has(path.replace("/jobs/", ""))).length,
      };
      return [userId, aftermath];
    }),
  );
}

function unique(ids: readonly string[] = []): string[] {
  return [...new Set(ids)];
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
    ...found.jobs.flatMap((job) => all("I7", events(job, found.events.get(job.id) ?? []))),
    ...found.jobs.flatMap(({ id }) => all("I8", arrivals(id, found))),
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

/** Every event once, in order, without a gap, from the beginning of the job to its end. */
function events({ eventCount = 0, phase }: Job, stored: readonly JobEvent[]): string[] {
  const sequences = stored.map(({ sequence }) => sequence).join();
  const wanted = Array.from({ length: eventCount }, (_, index) => index + 1).join();
  const [first, last] = [stored[0], stored.at(-1)];
  return [
    ...(sequences === wanted ? [] : [`events ${sequences}, and not ${wanted}`]),
    ...(first?.eventType === "created" ? [] : [`the first event is ${first?.eventType}`]),
    ...(last?.job.phase === phase ? [] : [`the last event shows a job that is ${last?.job.phase}`]),
  ];
}

/** Every event arrived at the receiver, the earlier before the later, and no message is left. */
function arrivals(id: string, { events, arrived, waiting }: Aftermath): string[] {
  const there = arrived?.get(id);
  const wanted = events.get(id)?.map((event) => event.id) ?? [];
  const isAsWanted = there === undefined || there.join() === wanted.join();
  return [
    ...(isAsWanted ? [] : [`${there.length} events arrived of ${wanted.length}, or in another order`]),
    ...(waiting === 0 ? [] : [`${waiting} messages wait`]),
  ];
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
  // A job that ended before its login was sent has no call that upstream refused.
  const isFewer = wanted.mayEnd !== undefined && taken.length === 0 && more < 0;
  return isFewer || more === 0 || (more === 1 && wanted.isRefused)
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
