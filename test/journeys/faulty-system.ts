import { afterAll, beforeAll, vi } from "vitest";
import type { LocalSystem } from "../../infra/local/start-local.ts";
import { type FunctionFaults, faultyFunctions } from "../support/faulty-functions.ts";
import { parseDefinition } from "../workflow/definition.ts";
import { partsUsed } from "../workflow/definition-parts.ts";
import { endedExecution, historyOf } from "./execution-of.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { startForTests } from "./start-for-tests.ts";
import { targetOf } from "./target.ts";

/** Local mode for the tests of a block, at a pace of its own, with functions that fail as a test says. */
export function faultySystem(timeScale: number) {
  const functions = faultyFunctions();
  let started: LocalSystem | undefined;

  beforeAll(async () => {
    // The functions keep what they made at their first call: a second system in this process needs fresh ones.
    vi.resetModules();
    started = await startForTests(timeScale, functions);
  });
  afterAll(() => started?.close());

  const system = () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };

  const definition = () => parseDefinition(system().deployed.stateMachines[0]?.definition);

  return {
    newBackend: () => new MobileBackend(targetOf(system())),
    /** Starts a job of the user, whose functions go wrong as planned. */
    async startJob(
      backend: MobileBackend,
      institutionId: string,
      login: Record<string, string>,
      faults: FunctionFaults = {},
    ): Promise<string> {
      const jobId = await backend.startJob(institutionId, login);
      functions.plan(jobId, faults);
      return jobId;
    },
    definition,
    /** The parts of the definition that the job's execution went through. */
    walked: async (jobId: string) => partsUsed(definition(), await endedExecution(system(), jobId)),
    history: (jobId: string) => historyOf(system(), jobId),
  };
}
