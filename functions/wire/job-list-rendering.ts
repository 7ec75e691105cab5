import type { JobsPage } from "../domain/job-list-ports.ts";
import type { JobListReply } from "./api-replies.ts";
import { type JobReplyOptions, renderJob } from "./job-rendering.ts";

/** A page of a user's jobs. `query` is what was asked for, without where to begin: the next page is asked for with it too. */
export function renderJobList(
  { jobs, next }: JobsPage,
  userId: string,
  query: { [name: string]: string | undefined },
  options: JobReplyOptions,
): JobListReply {
  const linkTo = (more: { [name: string]: string | undefined }) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...query, ...more })) {
      if (value !== undefined) search.set(name, value);
    }
    return `${options.apiUrl}/users/${userId}/jobs${search.size > 0 ? `?${search}` : ""}`;
  };
  return {
    type: "list",
    size: jobs.length,
    data: jobs.map((job) => ({
      ...renderJob(job, options),
      institution: {
        type: "institution",
        id: job.institutionId,
        links: { self: `${options.apiUrl}/institutions/${job.institutionId}` },
      },
    })),
    links: { self: linkTo({}), ...(next !== undefined && { next: linkTo({ next }) }) },
  };
}
