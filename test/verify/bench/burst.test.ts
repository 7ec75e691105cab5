import { describe, expect, test } from "vitest";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { LOGIN_TTL_MS } from "../../../functions/jobs/domain/times-to-live.ts";
import type { FollowDeps } from "../../../functions/jobs/use-cases/follow-job.ts";
import { openAndFollow } from "../../../functions/jobs/use-cases/open-connection.ts";
import { START } from "../../support/fake-clock.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, jobOf } from "../../support/job-examples.ts";
import { seededIds } from "../../support/seeded-ids.ts";
import { pausesOf } from "../walks/definition.ts";
import { deployedWorkflow } from "../walks/deployed-workflow.ts";
import { type BankBehaviour, timedBank } from "./use-case-tasks.ts";

const { definition } = deployedWorkflow();
const JOBS = 2_000;
const MOST_LOGINS_A_SECOND = 60;
const SPREAD_SECONDS = 60;
const HOUR_MS = 3600_000;
/** Less than the two hours to the first further attempt: the logins before it are those of the users, as they come. */
const BEFORE_ANY_FURTHER_MS = HOUR_MS;
/** From the tenth attempt on, half a second of each run has become five. */
const DRIFT_SECONDS = 10;

/** The bank comes back shortly before the attempt of that number. */
const backAt = (attempt: number) => (attempt - 1) * 2 * HOUR_MS - 60_000;

describe.each([2, 10])("2,000 queued jobs whose bank is back at attempt %i", (attempt) => {
  test.each([
    ["by record", 1],
    ["by failing", attempt - 1],
    ["by refusing", attempt - 1],
  ] as const)("and was down %s send no more than 60 logins in any second", async (down, rounds) => {
    const burst = await runBurst(JOBS, { down, downForMs: backAt(attempt) });
    const further = burst.logins
      .map((login) => Math.floor((Date.parse(login) - Date.parse(START)) / 1_000))
      .filter((second) => second * 1_000 > BEFORE_ANY_FURTHER_MS);
    const bySecond = Map.groupBy(further, (second) => second);
    const most = Math.max(...[...bySecond.values()].map(({ length }) => length));
    process.stdout.write(`back at attempt ${attempt}, down ${down}: at most ${most} logins in one second\n`);
    expect(most).toBeLessThanOrEqual(MOST_LOGINS_A_SECOND);

    expect(further).toHaveLength(rounds * JOBS);
    const last = further.filter((second) => second * 1_000 > backAt(attempt));
    expect(last).toHaveLength(JOBS);
    expect(Math.max(...last) - Math.min(...last)).toBeLessThanOrEqual(SPREAD_SECONDS + DRIFT_SECONDS);

    expect(burst.ends.toSorted()).toEqual(burst.ids.toSorted());
    const ended = burst.written.filter((job) => isFinished(job));
    expect(ended.map(({ id }) => id).toSorted()).toEqual(burst.ids.toSorted());
    expect(new Set(ended.map(({ phase }) => phase))).toEqual(new Set(["succeeded"]));
    expect(burst.secretsLeft).toEqual([]);
  });
});

/** More runs of a Task than any job of the queue has. */
const MAX_RUNS = 200;

/**
 * Takes as many jobs as are said, all accepted in one second, through the opening state of the workflow to their ends, at a
 * bank that is down. Each run of a Task takes up to half a second of its own. Gives when the logins were sent, and when each
 * job ended.
 */
async function runBurst(count: number, behaviour: BankBehaviour) {
  const fakes = fakePorts();
  const { upstream, logins } = timedBank(fakes.clock, behaviour);
  const ports = { ...fakes, upstream, institutions: upstream };
  const ids = seededIds(20_260_105, count);
  for (const id of ids) {
    const job = ports.jobs.put(jobOf({ id, userId: `user-${id}`, institutionId: "BANK" }));
    await ports.vault.store(loginOf(job), packLogin(gavin), ports.clock.after(LOGIN_TTL_MS));
  }
  const events = ids.map((id) => ({ id, atMs: Date.parse(START), pauses: pausesOf(definition), runs: 0 }));
  const ends: string[] = [];
  while (events.length > 0) {
    // Nothing but the bank's list of logins is common to them, so that within a round any order will do.
    for (const event of events.splice(0)) {
      if (event.runs >= MAX_RUNS) throw new Error(`${event.id} does not end.`);
      const pausedMs = await runAt(ports, event);
      const atMs = ports.clock.now().getTime() + pausedMs;
      if (pausedMs === 0) ends.push(event.id);
      else events.push({ ...event, atMs, runs: event.runs + 1 });
    }
  }
  return { ids, ends, logins, written: ports.jobs.written, secretsLeft: ports.vault.names() };
}

interface TaskRun {
  id: string;
  atMs: number;
  runs: number;
  pauses: ReturnType<typeof pausesOf>;
}

/** Runs the Task at its time, and gives for how long the workflow pauses after it. */
async function runAt(ports: FollowDeps & Pick<FakePorts, "clock">, { id, atMs, runs, pauses }: TaskRun) {
  ports.clock.pass(atMs - ports.clock.now().getTime());
  const ownMs = Number.parseInt(id.replaceAll("-", "").slice(runs % 8, (runs % 8) + 2), 16) * 2;
  try {
    const result = await openAndFollow(ports, { jobId: id });
    ports.clock.pass(ownMs);
    return pauses.msAfterResult(result);
  } catch (error) {
    ports.clock.pass(ownMs);
    const pausedMs = pauses.msAfterError("open-connection", error instanceof Error ? error.name : "");
    if (pausedMs === 0) throw error;
    return pausedMs;
  }
}
