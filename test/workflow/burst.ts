import { packLogin } from "../../functions/jobs/domain/login.ts";
import { loginOf } from "../../functions/jobs/domain/secret.ts";
import { LOGIN_TTL_MS } from "../../functions/jobs/domain/times-to-live.ts";
import type { FollowDeps } from "../../functions/jobs/use-cases/follow-job.ts";
import { openAndFollow } from "../../functions/jobs/use-cases/open-connection.ts";
import { START } from "../support/fake-clock.ts";
import { type FakePorts, fakePorts } from "../support/fake-ports.ts";
import { gavin, jobOf } from "../support/job-examples.ts";
import { seededIds } from "../support/seeded-ids.ts";
import type { Definition } from "./definition.ts";
import { pausesOf } from "./pauses.ts";
import { type BankBehaviour, timedBank } from "./timed-bank.ts";

/** More runs of a Task than any job of the queue has. */
const MAX_RUNS = 200;

/**
 * Takes as many jobs as are said, all accepted in one second, through the opening state of the workflow to their ends, at a
 * bank that is down. Each run of a Task takes up to half a second of its own. Gives when the logins were sent, and when each
 * job ended.
 */
export async function runBurst(definition: Definition, count: number, behaviour: BankBehaviour) {
  const fakes = fakePorts();
  const { upstream, logins } = timedBank(fakes.clock, behaviour);
  const ports = { ...fakes, upstream, institutions: upstream };
  const ids = seededIds(20_260_105, count);
  for (const id of ids) {
    const job = ports.jobs.put(jobOf({ id, userId: `user-${id}`, institutionId: "BANK" }));
    await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(LOGIN_TTL_MS));
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
