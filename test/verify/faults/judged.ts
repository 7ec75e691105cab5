import { vi } from "vitest";
import { outcomeOf } from "../../../functions/jobs/domain/failures.ts";
import { isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import { CANARY, type KindName, type User, users } from "./clients.ts";
import { type FaultyWorld, faultyWorld, START_MS, type WorldOptions } from "./world.ts";

const MINUTE_MS = 60_000;
/** The queue ends a job after 7 days. What is unfinished after 9 is stuck. */
const STUCK_AFTER_MS = 9 * 24 * 60 * MINUTE_MS;
const TASK_TOKEN = /task-[\w-]{64}/;

export const NOTHING_BROKEN = { lost: [], doubled: [], stuck: [], leaked: [] };

/** What became of the jobs of a world. Every list is to be empty. */
export interface Verdict {
  /** A reply named them, and they do not exist; or no reply named any, however often the user asked. */
  lost: string[];
  /** More logins or answers than attempts and challenges, a second job of one key, or a job that ended twice. */
  doubled: string[];
  /** Not finished after everything that repairs has run for days. */
  stuck: string[];
  /** Secrets that are left, or in a row, a payload of the workflow or a log line. */
  leaked: string[];
  /** By what the user did: how its jobs ended. */
  ends: Map<KindName, string[]>;
}

/** Lets users connect their banks in a world, until nothing is left to do. Then compares with what is promised. */
export async function liveOut(options: WorldOptions, count: number, withinMs: number): Promise<Verdict> {
  const logged: string[] = [];
  vi.stubEnv("LOG_LEVEL", "debug");
  const writing = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    const text = String(chunk);
    if (text.includes(CANARY) || TASK_TOKEN.test(text)) logged.push(text);
    return true;
  });
  try {
    const world = faultyWorld(options);
    const all = users(world, count, options.seed, withinMs);
    await untilQuiet(world, all);
    const verdict = judge(world, all);
    verdict.leaked.push(...logged.map((line) => `in a log line: ${line.slice(0, 40)}`));
    return verdict;
  } finally {
    writing.mockRestore();
    vi.unstubAllEnvs();
  }
}

/** A secret that is left is not to expire before it is found. */
async function untilQuiet(world: FaultyWorld, all: readonly User[]): Promise<void> {
  const { time } = world;
  const isOver = () => all.every(({ isDone }) => isDone) && world.isQuiet();
  while (!isOver() && time.now() < START_MS + STUCK_AFTER_MS) await time.runUntil(time.now() + MINUTE_MS);
  await time.runUntil(time.now() + 5 * MINUTE_MS);
}

function judge(
  { jobs, vault, banks, payloads, executionsRunning }: FaultyWorld,
  all: readonly User[],
): Verdict {
  const rows = [...jobs.rows.values()];
  const byUser = Map.groupBy(rows, ({ userId }) => userId);
  const histories = Map.groupBy(jobs.written, ({ id }) => id);
  const attempts = new Set<string>();
  for (const { userId, id, attempt, phase } of jobs.written)
    if (phase === "opening") attempts.add(`${userId} ${id} ${attempt}`);
  const attemptsOf = Map.groupBy(attempts, (name) => name.split(" ")[0]);

  const lost = all.flatMap(({ id, kind, told }) => [
    ...[...told].filter((jobId) => !jobs.rows.has(jobId)).map((jobId) => `${kind}: ${id} ${jobId}`),
    ...(told.size === 0 ? [`${kind}: no reply named a job of ${id}`] : []),
  ]);
  const doubled = all.flatMap(({ id, kind, told }) => {
    const logins = banks.posts(id);
    const allowed = attemptsOf.get(id)?.length ?? 0;
    const isKeyed = !kind.includes("without") && kind !== "a job that is refreshed";
    const jobsOfUser = byUser.get(id)?.length ?? 0;
    return [
      ...(logins > allowed ? [`${kind}: ${id} ${logins} logins in ${allowed} attempts`] : []),
      ...(isKeyed && (told.size > 1 || jobsOfUser > 1)
        ? [`${kind}: ${id} has ${jobsOfUser} jobs of one key`]
        : []),
    ];
  });
  const answeredTwice = banks.answers().filter((count) => count > 1);
  const unfinished = rows.filter((job) => !isFinished(job) || job.sweepAt !== undefined);
  return {
    lost,
    doubled: [
      ...doubled,
      ...answeredTwice.map((count) => `${count} answers to one challenge`),
      ...[...histories.values()].flatMap(brokenHistory),
    ],
    stuck: [
      ...unfinished.map(({ id, phase, userId }) => `${userId} ${id} is ${phase}`),
      ...(executionsRunning() > 0 ? [`${executionsRunning()} executions run on`] : []),
      ...all.filter(({ isDone }) => !isDone).map(({ id, kind }) => `${kind}: ${id} still waits`),
    ],
    leaked: [
      ...vault.names().map((name) => `left: ${name}`),
      ...payloads.filter((text) => text.includes(CANARY)).map(() => "in a payload"),
      ...jobs.written
        .filter((job) => JSON.stringify(job).includes(CANARY))
        .map(({ id }) => `in the row of ${id}`),
    ],
    ends: new Map(
      [...Map.groupBy(all, ({ kind }) => kind)].map(([kind, some]) => [
        kind,
        some.flatMap(({ id }) => (byUser.get(id) ?? []).map(outcomeOf)),
      ]),
    ),
  };
}

/** Each version follows the one before, and nothing follows the end. A row that was removed may be added again. */
function brokenHistory(versions: readonly Job[]): string[] {
  return versions.flatMap((after, index) => {
    const before = versions[index - 1];
    if (before === undefined || after.version === 1) return [];
    const isNext = after.version === before.version + 1 && !isFinished(before);
    return isNext ? [] : [`${after.id}: version ${after.version} after ${before.phase} ${before.version}`];
  });
}

/** How often the jobs of each kind of user ended in which way, one a line. */
export function endsIn({ ends }: Pick<Verdict, "ends">): string[] {
  return [...ends].flatMap(([kind, outcomes]) =>
    [...Map.groupBy(outcomes, (outcome) => outcome)].map(
      ([outcome, all]) => `${all.length} ${kind}: ${outcome}`,
    ),
  );
}
