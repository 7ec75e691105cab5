import type { Job, WaitsFor } from "../../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../../functions/jobs/domain/login.ts";
import { attemptDueAt } from "../../../../functions/jobs/domain/queue.ts";
import { loginOf } from "../../../../functions/jobs/domain/secret.ts";
import { type LookDeps, lookAtBanks } from "../../../../functions/jobs/use-cases/look-at-banks.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import { type FakePorts, fakePorts } from "../../../support/fake-ports.ts";
import { gavin, jobOf } from "../../../support/job-examples.ts";
import { setStatus } from "../../../support/scripted-aggregator.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const BANK = "AU00000";

/** Returns the time so many hours after the start. */
export const at = (hours: number) => new Date(Date.parse(START) + hours * HOUR).toISOString();
export const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** Parks a job. It made its first attempt as many minutes before the start as its number says. Its execution has ended. */
export async function park(
  ports: FakePorts,
  number: number,
  waitsFor: WaitsFor,
  changes: Partial<Job> = {},
): Promise<void> {
  const expiresAt = at(168 - number / 60);
  const queue = { nextAttemptAt: at(2 - number / 60), expiresAt, waitsFor, ...changes.queue };
  const id = idOf(number);
  const job = jobOf({ id, phase: "queued", attempt: 1, ...changes, queue });
  ports.jobs.put({ ...job, sweepAt: attemptDueAt(job, queue, fakeClock()) });
  ports.executions.states.set(`${id}-1`, "ended");
  await ports.vault.store(loginOf(job), packLogin(gavin), ports.clock.after(8 * 24 * HOUR));
}

/** So many jobs that wait for their bank, of which the last waits longest. */
export async function waitingJobs(count: number, status = "operational") {
  const ports = fakePorts();
  setStatus(ports, status);
  for (let number = 1; number <= count; number++) await park(ports, number, "bank");
  ports.outages.rows.set(BANK, { institutionId: BANK, failed: [], awaitedAt: START });
  const needless = () => Promise.reject(new Error("Nothing has to be described or stopped."));
  Object.assign(ports.executions, { state: needless, stop: needless });
  const started = () => ports.executions.started.splice(0).map((id) => id.slice(24));
  const records: unknown[] = [];
  const look = (options: Partial<LookDeps> = {}) =>
    lookAtBanks({
      ...ports,
      concurrency: 1_000,
      onRecord: async (institutionId, record) => records.push([institutionId, record]),
      onFailedLook: () => undefined,
      ...options,
    });
  return { ports, started, look, records };
}
