import { afterAll, beforeAll } from "vitest";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { startForTests } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { awsRecorder } from "../support/aws-recorder.ts";
import { executionOf } from "../support/execution-of.ts";
import { type FunctionFaults, faultyFunctions } from "../support/faulty-functions.ts";

/** Local mode whose functions, and whose calls of AWS, fail as a test says. */
export function brokenSystem(timeScale: number) {
  const functions = faultyFunctions();
  const recorder = awsRecorder();
  let started: LocalSystem | undefined;

  beforeAll(async () => {
    started = await startForTests(timeScale, {
      around: (entry, event, run) =>
        recorder.around(entry, event, (given) => functions.around(entry, given, run)),
    });
    await recorder.start();
  });
  afterAll(async () => {
    await started?.close();
    await recorder.close();
  });

  const system = () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };

  return {
    recorder,
    target: () => targetOf(system()),
    newBackend: () => new MobileBackend(targetOf(system())),
    /** The functions of a job wait until this is called. */
    release: (jobId: string, faults: FunctionFaults = {}) => functions.plan(jobId, faults),
    /** Starts a job whose functions do not wait. */
    async start(
      backend: MobileBackend,
      institutionId: string,
      login: Record<string, string>,
    ): Promise<string> {
      const jobId = await backend.startJob(institutionId, login);
      functions.plan(jobId, {});
      return jobId;
    },
    /** Waits until the job's execution has ended, and gives the error codes that its user sees: none when it went well. */
    async codes(backend: MobileBackend, jobId: string, generation = 1) {
      await executionOf(system(), jobId, generation).ended();
      const { steps } = await backend.job(jobId);
      const failed = steps.filter(({ status }) => status === "failed");
      return failed.map(({ result }) => Reflect.get(Object(result), "code"));
    },
  };
}
