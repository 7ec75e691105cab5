import { expect } from "vitest";
import { jobReply } from "../../functions/http/reply-schemas.ts";
import { fails } from "../support/faulty-functions.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { ALL_DONE, statuses, stepOf } from "./mobile-backend.ts";
import { type PermissionJourney, rowCall } from "./permission-journey.ts";
import { JOURNEYS_OF_BANKS } from "./permission-journeys-of-banks.ts";
import { JOURNEYS_OF_CONNECTIONS } from "./permission-journeys-of-connections.ts";
import { JOURNEYS_OF_KEYS } from "./permission-journeys-of-keys.ts";
import { JOURNEYS_OF_QUEUES } from "./permission-journeys-of-queues.ts";
import { JOURNEYS_OF_SWEEPS } from "./permission-journeys-of-sweeps.ts";

/** Journeys in which every function uses all that it may, by what happens when nothing and when something goes wrong. */
export const PERMISSION_JOURNEYS: readonly PermissionJourney[] = [
  {
    title: "nothing is asked but whether the API is there, and what it does not have",
    async walk(system) {
      const backend = system.newBackend();
      expect((await backend.send("GET", "/health")).status).toBe(200);
      expect((await backend.send("GET", "/elsewhere")).status).toBe(404);
      expect(system.recorder.calls).toEqual([]);
      return [];
    },
  },
  {
    title: "a bank asks, and the user answers",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, jobId);
      expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
      expect(statuses((await system.over(backend, jobId)).steps)).toEqual(ALL_DONE);
      return [jobId];
    },
  },
  {
    title: "a bank takes longer than a slice",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startSlowJob(backend, HOOLI, LOGINS.gavin);
      await system.over(backend, jobId);
      return [jobId];
    },
  },
  {
    title: "a login is posted again while its job is in progress",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, jobId);
      const again = await backend.connect(PIED_PIPER, LOGINS.jared);
      expect([again.status, jobReply.parse(again.json).id]).toEqual([200, jobId]);
      await backend.answer(jobId, ["1234"]);
      await system.over(backend, jobId);
      expect(await backend.loginsSent()).toBe(1);
      return [jobId];
    },
  },
  {
    title: "upstream refuses a login at once",
    async walk(system) {
      const backend = system.newBackend();
      const path = `/users/${backend.userId}/connections`;
      await backend.faults([{ method: "POST", path, times: 1, do: { status: 400 } }]);
      const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
      const { steps } = await system.over(backend, jobId);
      expect(steps[0]).toMatchObject({ status: "failed", result: { code: "parameter-not-valid" } });
      expect(await backend.loginsSent()).toBe(1);
      return [jobId];
    },
  },
  {
    title: "an answer is still on its way when its challenge expires",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
      await system.asked(backend, jobId);
      const held = system.recorder.hold(rowCall("api/answer-mfa", "PutItem", "jobId", jobId));
      const late = backend.answer(jobId, ["1234"]);
      await held.arrived;
      const { steps } = await system.over(backend, jobId);
      expect(stepOf(steps, "mfa-challenge")?.result).toMatchObject({ code: "mfa-expired" });
      held.release();
      expect((await late).status).toBe(410);
      expect(await backend.answersSent()).toBe(0);
      return [jobId];
    },
  },
  {
    title: "the asking is cut off and run again, and the answer comes in between",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      const isAsking = rowCall("workflow/ask-for-answer", "GetItem", "pk", `job#${jobId}`);
      // Two reads in the run that is cut off, and this is the first one after it.
      const THIRD = 3;
      let reads = 0;
      const held = system.recorder.hold((call) => isAsking(call) && ++reads === THIRD);
      system.plan(jobId, { "ask-for-answer": fails("after", "Lambda.Unknown") });
      await held.arrived;
      expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
      held.release();
      expect(statuses((await system.over(backend, jobId)).steps)).toEqual(ALL_DONE);
      expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 1]);
      return [jobId];
    },
  },
  {
    title: "a Task breaks for good, and the job is given up",
    async walk(system) {
      const backend = system.newBackend();
      const faults = { "open-connection": fails("before", "SyntaxError") };
      const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin, faults);
      const { steps } = await system.over(backend, jobId);
      expect(steps[0]).toMatchObject({ status: "failed", result: { code: "internal-server-error" } });
      return [jobId];
    },
  },
  ...JOURNEYS_OF_CONNECTIONS,
  ...JOURNEYS_OF_KEYS,
  ...JOURNEYS_OF_BANKS,
  ...JOURNEYS_OF_QUEUES,
  ...JOURNEYS_OF_SWEEPS,
];
