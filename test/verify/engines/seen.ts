import { runOf } from "../support/run-of.ts";
import { isEntry, partsUsed, statesOf } from "../walks/definition.ts";
import type { DeployedWorkflow, Engine as WorkflowEngine } from "../walks/deployed-workflow.ts";
import type { Machine } from "./engine.ts";

/** What an execution of the workflow did. */
export interface Seen {
  readonly status: string;
  readonly error: string | undefined;
  readonly output: unknown;
  readonly states: readonly string[];
  /** The input of each state. */
  readonly inputs: readonly unknown[];
  /** Each call of a function with its input, and each wait in seconds. */
  readonly did: readonly unknown[];
  /** The parts of the definition that the history names. */
  readonly parts: ReadonlySet<string>;
}

/** Runs executions of the workflow on a machine of any engine, and writes down what the last of them did. */
export function seenWorkflow({ definition, entries }: DeployedWorkflow, machine: Machine) {
  let last: Seen | undefined;
  const engine: WorkflowEngine = {
    client: machine.client,
    async run(jobId, invoke, generation = 1) {
      const did: unknown[] = [];
      const surroundings = {
        async invoke(arn: string, payload: unknown) {
          const entry = entries.get(arn) ?? "";
          if (!isEntry(entry)) throw new Error(`No Task of the workflow calls ${arn}.`);
          did.push([entry, without("taskToken", payload)]);
          return invoke(entry, payload);
        },
        waited: (seconds: number) => did.push(seconds),
      };
      const events = await machine.run(`${jobId}-${generation}`, { jobId }, surroundings);
      const run = runOf(events);
      const { status, error, history } = run;
      const entered = history.flatMap((event) => event["stateEnteredEventDetails"]?.["input"] ?? []);
      // Each engine words the cause of an error in its own way.
      const inputs = entered.map((input) => without("Cause", JSON.parse(input)));
      const output: unknown = JSON.parse(events.at(-1)?.executionSucceededEventDetails?.output ?? "null");
      const parts = partsUsed(definition, run);
      last = { status, error, output, states: statesOf(history), inputs, did, parts };
      return run;
    },
  };
  return {
    engine,
    seen(): Seen {
      if (last === undefined) throw new Error("No execution has run.");
      return last;
    },
  };
}

/** Keeps the field, so that one that is missing shows. */
function without(name: string, value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner) => (key === name ? typeof inner : inner));
}
