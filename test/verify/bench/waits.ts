import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { eventIn } from "../../../functions/events/store/event-row.ts";
import { shownChallenge } from "../../../functions/jobs/domain/shown.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { allRows } from "../../support/local-aws.ts";
import { executionOf } from "../support/execution-of.ts";
import { transitionsOf } from "../walks/definition.ts";
import { functionCounts } from "./counts.ts";
import { dollarsFor, priceOfRuns, prices, sum, sumOf } from "./prices.ts";
import { percentile } from "./start-up/start-up.ts";
import { functionFacts, startCounted, startLocalMode } from "./system.ts";
import { type Followed, followByItself, stateOf, WAYS, type Way } from "./waiting-client.ts";

/*
 * Measures clients that wait for the changes of a job, beside clients that ask every 2 s, and prints a table. Each measurement has
 * a process of its own, since local mode starts once per process. `delays` takes one alone, and `delays 4` takes it with 4 jobs
 * of each way.
 */

type Row = readonly [what: string, figure: string, isAsRequired: boolean];

const JOBS_OF_A_WAY = Number(process.argv[3] ?? 40);
/** Beyond our own: from the time at which our row has the change. */
const MAX_P95_MS = 600;
const MAX_REQUESTS = 5;

/** One job a second, each with a client of another way. */
async function delays(): Promise<Row[]> {
  const { local, target } = await startLocalMode({ timeScale: 1, deployment: { waiters: "100" } });
  const token = await new MobileBackend(target).token();
  const running: Promise<Followed>[] = [];
  for (let nth = 0; nth < JOBS_OF_A_WAY * WAYS.length; nth++) {
    running.push(followByItself(target, { token, way: WAYS[nth % WAYS.length] ?? "asks", timeScale: 1 }));
    await sleep(1_000);
  }
  const followed = await Promise.all(running);
  const changes = await changesOfJobs();
  await local.close();
  return WAYS.flatMap((way) =>
    rowsOf(
      way,
      followed.filter((one) => one.way === way),
      changes,
    ),
  );
}

function rowsOf(
  way: Way,
  followed: readonly Followed[],
  changes: Awaited<ReturnType<typeof changesOfJobs>>,
): Row[] {
  const isAtMost = (figure: number, most: number) => way === "asks" || figure <= most;
  const requests = followed.map((one) => one.requests);
  const most = Math.max(...requests);
  const lateMs = followed.flatMap((one) => delaysOf(one, changes.get(one.jobId) ?? []));
  const [p50, p95] = [percentile(lateMs, 50), percentile(lateMs, 95)];
  const isFew = way !== "waits while running" || most <= MAX_REQUESTS;
  return [
    [
      `a client that ${way}: requests of a job, mean and most`,
      `${mean(requests).toFixed(1)}, ${most}`,
      isFew,
    ],
    [
      `a client that ${way}: from a change to the client, p50 and p95 of ${lateMs.length} changes (ms)`,
      `${p50.toFixed(0)}, ${p95.toFixed(0)}`,
      isAtMost(p95, MAX_P95_MS),
    ],
  ];
}

interface Change {
  at: number;
  state: string;
}

/** The visible changes of each job, in their order. */
async function changesOfJobs(): Promise<Map<string, Change[]>> {
  const events = (await allRows())
    .flatMap(({ rows }) => rows)
    .flatMap((row) => eventIn(unmarshall(row)) ?? [])
    .flatMap((event) => (event.entity === "job" ? event : []))
    .toSorted((a, b) => a.sequence - b.sequence);
  return new Map(
    [...Map.groupBy(events, ({ job }) => job.id)].map(([jobId, ofJob]) => [
      jobId,
      ofJob.map(({ job }) => ({
        at: Date.parse(job.updatedAt),
        state: stateOf(job.steps, shownChallenge(job) !== undefined),
      })),
    ]),
  );
}

/** The reply to an answer waits for the bank by itself: that the answer was taken is no change that a client waits for. */
const ANSWER_TAKEN = /^success in-progress( pending)*$/;

/** For each change that a client was shown, or that a later state showed it: how late. A client that skips progress waits for none. */
function delaysOf({ way, seen }: Followed, changes: readonly Change[]): number[] {
  const isTurn = ({ state }: Change) => / asks$|^success( success)*$/.test(state);
  return changes.flatMap((change, index) => {
    if (ANSWER_TAKEN.test(change.state)) return [];
    if (way === "waits while running" && !isTurn(change)) return [];
    const later = changes.slice(index).map(({ state }) => state);
    const arrival = seen.find(({ at, state }) => at >= change.at && later.includes(state));
    return arrival === undefined ? [] : [arrival.at - change.at];
  });
}

const CROWD = 100;
const STARTS_EVERY_MS = 100;
/** A second takes four: a hundred jobs at once are too many for one process at the pace of life. */
const CROWD_SCALE = 0.25;

/** A hundred clients that would all wait at the same time, under a cap. */
async function crowd(waiters: number): Promise<Row[]> {
  const system = await startCounted({ timeScale: CROWD_SCALE, deployment: { waiters: String(waiters) } });
  const token = await new MobileBackend(system.target).token();
  const first = system.watched.length;
  const running: Promise<Followed>[] = [];
  for (let nth = 0; nth < CROWD; nth++) {
    running.push(
      followByItself(system.target, { token, way: "waits while running", timeScale: CROWD_SCALE }),
    );
    await sleep(STARTS_EVERY_MS / CROWD_SCALE);
  }
  const followed = await Promise.all(running);
  let transitions = 0;
  for (const { jobId } of followed)
    transitions += transitionsOf((await executionOf(system.local, jobId).ended()).history);
  const { invocations } = functionCounts(system, first);
  await system.close();

  const facts = Object.fromEntries(functionFacts(system.template));
  const dollars = [...Map.groupBy(invocations, ({ name }) => name)].map(([name, runs]) =>
    priceOfRuns(name, sumOf(runs.map(({ usage }) => usage)), 1, facts),
  );
  const dollarsPer1000 = (1000 / CROWD) * (sum(dollars) + dollarsFor(transitions, prices.stateTransition));
  const count = (amount: (one: Followed) => number) => sum(followed.map(amount));
  const done = followed.filter(({ isDone }) => isDone).length;
  const about = `${CROWD} clients, ${waiters} slots`;
  return [
    [`${about}: jobs that succeeded`, String(done), done === CROWD],
    [
      `${about}: waits, and fallbacks`,
      `${count((one) => one.waited)}, ${count((one) => one.fallbacks)}`,
      true,
    ],
    [`${about}: clients that never fell back`, String(count((one) => Number(one.fallbacks === 0))), true],
    [`${about}: requests of a job`, (count((one) => one.requests) / CROWD).toFixed(1), true],
    [`${about}: dollars for 1,000 jobs with a challenge`, `$${dollarsPer1000.toFixed(4)}`, true],
  ];
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

const MEASUREMENTS = {
  delays,
  "crowd-0": () => crowd(0),
  "crowd-3": () => crowd(3),
  "crowd-50": () => crowd(50),
};
const names = z.enum(["delays", "crowd-0", "crowd-3", "crowd-50"]);
const rowsSchema = z.array(z.tuple([z.string(), z.string(), z.boolean()]));

/** Takes a measurement in a process of its own. */
async function apart(name: string): Promise<Row[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), name]);
  return rowsSchema.parse(JSON.parse(stdout));
}

const asked = names.safeParse(process.argv[2]);
if (asked.success) {
  process.env["LOG_LEVEL"] = "error";
  process.stdout.write(JSON.stringify(await MEASUREMENTS[asked.data]()));
} else {
  const rows: Row[] = [];
  for (const name of names.options) rows.push(...(await apart(name)));
  for (const [what, figure, isAsRequired] of rows) {
    process.stdout.write(`| ${what} | ${figure}${isAsRequired ? "" : " (not as required)"} |\n`);
  }
  process.exitCode = rows.every(([, , isAsRequired]) => isAsRequired) ? 0 : 1;
}
