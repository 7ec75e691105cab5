import type { Clock } from "../../functions/jobs/domain/clock.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { JobList, SweptJobs } from "../../functions/jobs/domain/ports.ts";
import { type FakeJobStore, isReadable } from "./fake-job-store.ts";

/** The lists of users' jobs, over the jobs of a store in memory. */
export function fakeJobList(jobs: FakeJobStore, clock: Clock): JobList {
  return {
    page: async (userId, { limit, from, wanted }) => {
      const found = [...jobs.rows.values()]
        .filter((job) => job.userId === userId && isReadable(job, clock.now()))
        .filter((job) => from === undefined || placeOf(job) < from)
        .toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
        .filter(wanted);
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return { jobs: structuredClone(page), next: last && placeOf(last) };
    },
  };
}

function placeOf({ createdAt, id }: Job): string {
  return `${createdAt}_${id}`;
}

/** What the sweeper finds of the jobs of a store in memory: those that have a time for it. */
export function fakeSweptJobs(jobs: FakeJobStore, clock: Clock): SweptJobs {
  const swept = () => [...jobs.rows.values()].flatMap((job) => (job.sweepAt === undefined ? [] : [job]));

  return {
    due: async () =>
      swept()
        .filter(({ sweepAt = "" }) => clock.msUntil(new Date(sweepAt)) <= 0)
        .toSorted((a, b) => Date.parse(a.sweepAt ?? "") - Date.parse(b.sweepAt ?? ""))
        .map(({ id }) => id),
    postpone: async (job, until) => {
      const row = jobs.rows.get(job.id);
      if (row?.version === job.version) jobs.rows.set(job.id, { ...row, sweepAt: until });
    },
    census: async () => {
      const queued = swept().filter(({ phase }) => phase === "queued");
      const running = swept().filter(({ phase }) => phase !== "queued");
      const runsSince = ({ queue, createdAt, updatedAt }: Job) => (queue ? updatedAt : createdAt);
      return {
        queued: queued.length,
        running: running.length,
        oldestQueued: queued.map(({ createdAt }) => createdAt).toSorted()[0],
        oldestRunning: running.map(runsSince).toSorted()[0],
      };
    },
  };
}
