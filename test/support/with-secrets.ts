import { packAnswers } from "../../functions/jobs/domain/challenge.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { answerTo, loginOf, Secret } from "../../functions/jobs/domain/secret.ts";
import { fakePorts } from "./fake-ports.ts";
import { gavin } from "./job-examples.ts";

/** A job whose login and whose first answer are kept. */
export async function withSecrets(job: Job) {
  const ports = fakePorts();
  ports.jobs.put(job);
  const until = ports.clock.after(1e9);
  await ports.vault.keep(loginOf(job), packLogin(gavin), until);
  await ports.vault.keep(answerTo(job, { number: 1 }), packAnswers([new Secret("1234")]), until);
  return { ports, row: () => ports.jobs.row(job.id) };
}
