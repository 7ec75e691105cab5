import { packAnswers } from "../../functions/jobs/domain/challenge.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { answerTo, loginOf, Secret, taskTokenOf } from "../../functions/jobs/domain/secret.ts";
import { sweepJob } from "../../functions/jobs/use-cases/sweep.ts";
import { START } from "./fake-clock.ts";
import { fakePorts } from "./fake-ports.ts";
import { awaitingJob, gavin, JOB_ID } from "./job-examples.ts";

/** A job that the sweeper is due to look at, with its login; and what it does about it. */
export async function dueJob(job: Job, execution?: "running" | "ended") {
  const ports = fakePorts();
  ports.jobs.put({ sweepAt: START, ...job });
  await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(1e9));
  if (execution !== undefined) ports.executions.states.set(nameOf(job.generation), execution);
  return { ports, sweep: () => sweepJob(ports, JOB_ID), row: () => ports.jobs.row(JOB_ID) };
}

/** As {@link dueJob}, with an answer to its challenge that was kept and not told. */
export async function dueWithAnswer(changes: Partial<Job> = {}) {
  const job = awaitingJob(changes);
  const due = await dueJob(job, "running");
  const { ports } = due;
  const sealed = await ports.sealer.seal(taskTokenOf(job), new Secret("task-token"));
  ports.jobs.put({ ...due.row(), sealedTaskToken: Buffer.from(sealed).toString("base64") });
  const answers = packAnswers([new Secret("1234")]);
  await ports.vault.keep(answerTo(job, { number: 1 }), answers, ports.clock.after(3_600_000));
  return due;
}

export function nameOf(generation = 1, jobId = JOB_ID): string {
  return `${jobId}-${generation}`;
}
