import { afterAll, beforeAll } from "vitest";
import type { LocalSystem } from "../../infra/local/start-local.ts";
import { executionOf } from "../journeys/execution-of.ts";
import { MobileBackend } from "../journeys/mobile-backend.ts";
import { startForTests } from "../journeys/start-for-tests.ts";
import { targetOf } from "../journeys/target.ts";
import { awsRecorder } from "../support/aws-recorder.ts";
import { type FunctionFaults, faultyFunctions } from "../support/faulty-functions.ts";

/** Local mode whose functions, and whose calls of AWS, go wrong as a test says. */
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
    newBackend: (userId?: string) => new MobileBackend(targetOf(system()), userId),
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
    /** Waits until the job is over, and gives its steps that failed as its user sees them. */
    async over(backend: MobileBackend, jobId: string, generation = 1) {
      await executionOf(system(), jobId, generation).ended();
      const { steps } = await backend.job(jobId);
      return steps.filter(({ status }) => status === "failed");
    },
  };
}
