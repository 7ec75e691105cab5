import type { Reply } from "../../http/api-handler.ts";
import { log } from "../../platform/log.ts";
import { ofJob } from "../../platform/log-fields.ts";
import type { Job } from "../domain/job.ts";
import { type JobReplyOptions, renderStubs } from "./replies.ts";

/**
 * Returns the reply to a request for several jobs. Logs one line for each job. The line of the request can name only one job;
 * these lines connect the request with all its jobs.
 */
export function stubsReply(
  jobs: readonly Job[],
  options: JobReplyOptions,
): Required<Pick<Reply, "status" | "body">> {
  for (const { id } of jobs) log("info", "job named", ofJob(id));
  return { status: 202, body: renderStubs(jobs, options) };
}
