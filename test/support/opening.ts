import type { Job } from "../../functions/jobs/domain/job.ts";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { loginOf } from "../../functions/jobs/domain/secret.ts";
import { openConnection } from "../../functions/jobs/use-cases/open-connection.ts";
import { START } from "./fake-clock.ts";
import { fakePorts } from "./fake-ports.ts";
import { gavin, JOB_ID, jobOf } from "./job-examples.ts";

const EIGHT_DAYS_MS = 8 * 24 * 3600_000;

/** A job that was accepted, or that is given, whose login is kept; and what opens its connection. */
export async function jobToOpen(job: Job = jobOf()) {
  const ports = fakePorts();
  ports.jobs.put(job);
  const { connectionId, institutionId } = job;
  if (connectionId !== undefined) ports.upstream.addConnection({ id: connectionId, institutionId });
  await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(EIGHT_DAYS_MS));
  return { ports, open: () => openConnection(ports, { jobId: JOB_ID }), row: () => ports.jobs.row(JOB_ID) };
}

/** A job that died, or was left, between marking its attempt and hearing of it. */
export const openingJob = jobOf({ phase: "opening", version: 2, attempt: 1, attemptAt: START });
