import { afterAll, beforeAll, expect, inject, vi } from "vitest";
import * as z from "zod";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import { parseResources } from "../../infra/resources.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "../../journeys/mobile-backend.ts";
import { startForTests } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { awsRecorder } from "../support/aws-recorder.ts";
import { executionOf } from "../support/execution-of.ts";
import { type FunctionFaults, faultyFunctions } from "../support/faulty-functions.ts";
import { ASK, WAIT } from "./definition.ts";
import {
  inWords,
  LOOK_AT_BANKS,
  permissionsByRole,
  recordedAccess,
  refusedBy,
  SWEEP,
} from "./permissions.ts";

const entryModule = z.object({
  handler: z.custom<(event: unknown) => Promise<unknown>>((value) => typeof value === "function"),
});

/** In AWS no two functions share a cache. Loads the modules of each function apart, so that each makes all its own calls. */
function functionsApart() {
  const handlers = new Map<string, z.infer<typeof entryModule>["handler"]>();
  return {
    async load(entries: readonly string[]): Promise<void> {
      for (const entry of entries) {
        vi.resetModules();
        const { loopbackReceivers } = await import(
          "../../../functions/webhooks/sending/loopback-receivers.ts"
        );
        loopbackReceivers.allow();
        const loaded: unknown = await import(new URL(`../../../${entry}`, import.meta.url).href);
        handlers.set(entry, entryModule.parse(loaded).handler);
      }
    },

    async invoke(entry: string, event: unknown): Promise<unknown> {
      const handler = handlers.get(entry);
      if (handler === undefined) throw new Error(`${entry} is not loaded.`);
      return handler(event);
    },
  };
}

/**
 * Local mode for the tests of a block. Its functions fail as a test plans, share no cache, and their calls of AWS are recorded.
 * With `sweepsByHand`, no schedule runs the sweeper, or looks at banks.
 */
export function observedSystem(timeScale: number, { sweepsByHand = false } = {}) {
  const functions = faultyFunctions();
  const apart = functionsApart();
  const recorder = awsRecorder();
  let started: LocalSystem | undefined;
  let storing = 0;

  async function invoke(entry: string, event: unknown): Promise<unknown> {
    const stores = entry.endsWith("/store-events.lambda.ts");
    if (stores) storing++;
    try {
      return await recorder.around(entry, event, () =>
        functions.around(entry, event, (given) => apart.invoke(entry, given)),
      );
    } finally {
      if (stores) storing--;
    }
  }

  beforeAll(async () => {
    started = await startForTests(timeScale, {
      around: async (entry, event) =>
        sweepsByHand && [SWEEP, LOOK_AT_BANKS].includes(entry) ? undefined : invoke(entry, event),
    });
    await apart.load(started.deployed.functions.map(({ entry }) => entry));
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

  /** Starts a job whose functions fail as planned. */
  async function startJob(
    backend: MobileBackend,
    institutionId: string,
    login: Record<string, string>,
    faults: FunctionFaults = {},
  ): Promise<string> {
    const jobId = await backend.startJob(institutionId, login);
    functions.plan(jobId, faults);
    return jobId;
  }

  return {
    recorder,
    deployed: () => system().deployed,
    newBackend: () => new MobileBackend(targetOf(system())),
    /** Plans the faults in the functions of a job. They wait for this. */
    plan: functions.plan,
    startJob,
    /** Starts a job whose bank takes longer than its first slice. No other job may run. */
    async startSlowJob(...[backend, ...job]: Parameters<typeof startJob>): Promise<string> {
      await backend.faults(BANK_OUT_OF_SIGHT);
      const jobId = await startJob(backend, ...job);
      await executionOf(system(), jobId).entered(WAIT);
      await backend.faults([]);
      return jobId;
    },
    /** The calls so far that the template does not allow. */
    refusedCalls: () =>
      inWords(
        refusedBy(
          permissionsByRole(parseResources(JSON.parse(inject("template")))),
          recordedAccess(recorder, system().deployed),
        ),
      ),
    execution: (jobId: string, generation?: number) => executionOf(system(), jobId, generation),
    /** Waits until the function that reads the stream has read every write so far. */
    streamRead: () => expect.poll(() => storing).toBe(0),
    /** Runs the sweeper once. */
    sweep: () => invoke(SWEEP, {}),
    /** Looks once at the banks for which jobs wait. */
    lookAtBanks: () => invoke(LOOK_AT_BANKS, {}),
    /** Waits until the bank asks the user of the job. */
    async asked(backend: MobileBackend, jobId: string): Promise<void> {
      await executionOf(system(), jobId).entered(ASK);
      await backend.untilAsked(jobId);
    },
    /** Waits until the job is over, and returns its execution, the first one if nothing else is said, and its steps. */
    async over(backend: MobileBackend, jobId: string, generation = 1) {
      const { steps } = await backend.untilOver(jobId);
      return { run: await executionOf(system(), jobId, generation).ended(), steps };
    },
  };
}

export type ObservedSystem = ReturnType<typeof observedSystem>;
