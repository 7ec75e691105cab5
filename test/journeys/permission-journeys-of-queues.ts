import { expect } from "vitest";
import { cancel, list, page, resume } from "./calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { statuses, stepOf } from "./mobile-backend.ts";
import type { PermissionJourney } from "./permission-journey.ts";
import { untilQueued } from "./queued.ts";

export const JOURNEYS_OF_QUEUES: readonly PermissionJourney[] = [
  {
    title: "a job waits for its bank, and is resumed when that is back",
    async walk(system) {
      const backend = system.newBackend();
      await backend.institution(HOOLI, { status: "major-outage", outage: "refuse" });
      const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
      await untilQueued(backend, jobId);
      await backend.institution(HOOLI, { status: "operational" });
      expect((await resume(backend, jobId)).status).toBe(202);
      await system.execution(jobId, 2).ended();
      expect(statuses((await backend.job(jobId)).steps)).toContain("retrieve-transactions: success");
      return [jobId];
    },
  },
  {
    title: "a job that waits for its bank is cancelled",
    async walk(system) {
      const backend = system.newBackend();
      await backend.institution(HOOLI, { status: "major-outage", outage: "refuse" });
      const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
      await untilQueued(backend, jobId);
      expect((await cancel(backend, jobId)).status).toBe(202);
      await backend.institution(HOOLI, { status: "operational" });
      expect(stepOf((await backend.job(jobId)).steps, "verify-credentials")?.result).toMatchObject({
        code: "job-cancelled",
      });
      return [jobId];
    },
  },
  {
    title: "a user lists the jobs, and cancels the one that waits for an answer",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, jobId);
      expect(page(await list(backend)).data.map(({ id }) => id)).toEqual([jobId]);
      expect((await cancel(backend, jobId)).status).toBe(202);
      const { run, steps } = await system.over(backend, jobId);
      expect(run.status).toBe("Aborted");
      expect(stepOf(steps, "mfa-challenge")?.result).toMatchObject({ code: "job-cancelled" });
      return [jobId];
    },
  },
];
