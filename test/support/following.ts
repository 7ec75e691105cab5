import type { Job } from "../../functions/jobs/domain/job.ts";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { loginOf } from "../../functions/jobs/domain/secret.ts";
import { followJob } from "../../functions/jobs/use-cases/follow-job.ts";
import { fakePorts } from "./fake-ports.ts";
import { followingJob, gavin, JOB_ID, UPSTREAM_JOB_ID, USER_ID } from "./job-examples.ts";
import type { Look } from "./scripted-upstream.ts";

/** A job that is followed, or the one that is given, whose upstream job shows the looks, and whose login is kept. */
export async function jobToFollow(looks: readonly (Look | Error)[], job: Job = followingJob()) {
  const ports = fakePorts();
  ports.jobs.put(job);
  ports.upstream.script.looks.push(...looks);
  ports.upstream.addJob(USER_ID, "AU00000", UPSTREAM_JOB_ID);
  await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(1e9));
  return { ports, follow: () => followJob(ports, { jobId: JOB_ID }), row: () => ports.jobs.row(JOB_ID) };
}
