import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { parseJobRecord } from "../../../functions/jobs/store/job-record.ts";
import { storedRows } from "./stored-rows.ts";

/**
 * What the tables hold that no accepted request explains. `ids` are the jobs that replies have named; a reservation of a
 * request for several jobs has an id of its own, and the reply that was given.
 */
export async function leftovers(
  ids: ReadonlySet<string>,
): Promise<{ working: string[]; unexplained: string[] }> {
  const { jobs, secrets } = await storedRows();
  const open: string[] = [];
  const working: string[] = [];
  const unexplained: string[] = [];
  for (const row of jobs) {
    const pk = String(row["pk"]);
    const [kind = ""] = pk.split("#");
    if (kind === "job") {
      const job = parseJobRecord(row);
      if (!ids.has(job.id)) unexplained.push(pk);
      if (!isFinished(job)) open.push(job.id);
      // Its user is asked, and says nothing.
      if (!isFinished(job) && job.phase !== "awaiting-answer") working.push(job.id);
    } else if (kind === "claim") {
      if (!ids.has(String(row["jobId"]))) unexplained.push(pk);
    } else if (kind === "idempotency") {
      if (typeof row["reply"] !== "string") unexplained.push(pk);
    } else if (kind !== "api-key" && kind !== "rate") unexplained.push(pk);
  }
  for (const { jobId } of secrets) {
    if (!open.includes(String(jobId))) unexplained.push(`secret of ${jobId}`);
  }
  return { working, unexplained };
}
