import type { JobListReply } from "../../http/api-replies.ts";
import type { JobsPage } from "../domain/job-list-ports.ts";
import { type JobReplyOptions, renderJob } from "./replies.ts";

export interface AskedFor {
  filter: string | undefined;
  limit: string | undefined;
  /** Where the page begins. */
  next: string | undefined;
}

/** A page of a user's jobs. What was asked for is asked for in its links too. */
export function renderJobList(
  { jobs, next }: JobsPage,
  userId: string,
  asked: AskedFor,
  options: JobReplyOptions,
): JobListReply {
  const linkTo = (query: AskedFor) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
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
    links: { self: linkTo(asked), ...(next !== undefined && { next: linkTo({ ...asked, next }) }) },
  };
}
