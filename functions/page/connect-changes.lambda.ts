import { jobOfPath } from "../access/authenticate.ts";
import { apiUrl, clock, jobStore, newId, once, sessionDeps, site, waiterSlots } from "../compose.ts";
import { isRunning } from "../jobs/domain/shown.ts";
import { readJob } from "../jobs/use-cases/read-job.ts";
import { waitWhile } from "../jobs/use-cases/wait-while.ts";
import { sessionCookie } from "../links/domain/cookies.ts";
import { requireSession } from "../links/use-cases/sessions.ts";
import { pageHandler } from "./page-handler.ts";
import { callerOf } from "./visit.ts";

/** The script asks again after each reply. */
const WAIT_MS = 20_000;

const deps = once(() => ({
  ...sessionDeps(),
  clock: clock(),
  newId,
  jobs: jobStore(),
  waiterSlots: waiterSlots(),
}));

/**
 * Says to the script of a page whether the job has changed: 200, or 204. Waits for a change only while the job runs. A job
 * that waits for its user or for its bank may wait for days.
 */
export const handler = pageHandler(
  "connect-changes",
  async (request) => {
    const session = await requireSession(deps(), sessionCookie(request, apiUrl()));
    const found = await readJob(deps(), { jobId: jobOfPath(request), caller: callerOf(session) });
    const seen = Number(request.query("version"));
    const isSame = ({ version }: { version: number }) => version === seen;
    const until = clock().after(isRunning(found) ? WAIT_MS : 0);
    const job = await waitWhile(deps(), found, isSame, until);
    return { status: isSame(job) ? 204 : 200 };
  },
  site,
);
