import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { vi } from "vitest";
import * as z from "zod";
import { startStepFunctions } from "../../../infra/local/step-functions/step-functions-endpoint.ts";
import { deploy } from "../../../infra/local/template/deployed.ts";
import { parseTemplate } from "../../../infra/local/template/template.ts";
import { synthesizedTemplate } from "../../infra/synthesized.ts";
import { type Entry, isEntry, parseDefinition, type Run } from "./definition.ts";

export type Invoke = (entry: Entry, payload: unknown) => Promise<unknown>;

/** The state machine of the synthesized template, with the entries of its functions by their ARNs. */
export function deployedWorkflow() {
  const template = parseTemplate(synthesizedTemplate());
  const { stateMachines, functions } = deploy(template, { apiUrl: "http://localhost" });
  const [machine] = stateMachines;
  if (machine === undefined || stateMachines.length > 1) throw new Error("There is to be one state machine.");
  const entries = functions.map(({ arn, entry }) => {
    const name = entry.replace(/^functions\/jobs\/workflow\/|\.lambda\.ts$/g, "");
    return [arn, name] as const;
  });
  return {
    arn: machine.arn,
    source: machine.definition,
    definition: parseDefinition(machine.definition),
    entries: new Map(entries),
  };
}

export type DeployedWorkflow = ReturnType<typeof deployedWorkflow>;

/** What runs executions of a deployed workflow. */
export interface Engine {
  readonly client: SFNClient;
  /** Runs an execution to its end. `invoke` stands for the functions of its job. */
  run(jobId: string, invoke: Invoke, generation?: number): Promise<Run>;
}

/** Runs executions of a deployed workflow on the local endpoint. */
export async function workflowEndpoint(deployed: DeployedWorkflow, timeScale: number) {
  const invokers = new Map<unknown, Invoke>();
  // Left out: a scale that skips the waits would also end an execution at once. A test of its own reads it.
  const { TimeoutSeconds: _, ...untimed } = z.looseObject({}).parse(deployed.source);
  const invoke = async (arn: string, payload: unknown) => {
    const { jobId } = z.object({ jobId: z.string() }).parse(payload);
    const entry = deployed.entries.get(arn) ?? "";
    if (!isEntry(entry)) throw new Error(`No Task of the workflow calls ${arn}.`);
    return invokers.get(jobId)?.(entry, payload);
  };
  const endpoint = await startStepFunctions({
    stateMachines: [{ arn: deployed.arn, definition: untimed, invoke }],
    timeScale,
  });
  const client = new SFNClient({
    endpoint: endpoint.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });

  return {
    client,
    definition: deployed.definition,
    async run(jobId: string, invoke: Invoke, generation = 1): Promise<Run> {
      invokers.set(jobId, invoke);
      const start = {
        stateMachineArn: deployed.arn,
        name: `${jobId}-${generation}`,
        input: JSON.stringify({ jobId }),
      };
      const { executionArn = "" } = await client.send(new StartExecutionCommand(start));
      const end = () => {
        const found = endpoint
          .history(executionArn)
          .findLast(({ type }) => /^Execution(?!Started)/.test(type));
        if (found === undefined) throw new Error(`The execution of ${jobId} does not end.`);
        return found;
      };
      const last = await vi.waitFor(end, { interval: 5, timeout: 900_000 });
      const error = last["executionFailedEventDetails"]?.["error"];
      return { status: last.type.replace("Execution", ""), error, history: endpoint.history(executionArn) };
    },
    async close() {
      await endpoint.close();
      client.destroy();
    },
  };
}
