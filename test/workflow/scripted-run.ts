import { SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import * as z from "zod";
import type { Run, workflowEndpoint } from "./deployed-workflow.ts";
import type { Scenario } from "./scenario.ts";

export interface ScriptedRun extends Run {
  readonly calls: readonly (readonly [entry: string, payload: unknown])[];
}

const withToken = z.object({ taskToken: z.string() });

/** Runs one execution whose functions do as the scenario says, and nothing more than it says. */
export async function runScripted(
  endpoint: Awaited<ReturnType<typeof workflowEndpoint>>,
  jobId: string,
  { script }: Scenario,
): Promise<ScriptedRun> {
  const calls: [string, unknown][] = [];
  const turns = new Map(Object.entries(script).map(([entry, list]) => [entry, [...list]]));
  const run = await endpoint.run(jobId, async (entry, payload) => {
    calls.push([entry, payload]);
    const turn = turns.get(entry)?.shift() ?? { throws: "NotInTheScript" };
    if ("throws" in turn) throw Object.assign(new Error("As scripted."), { name: turn.throws });
    if ("returns" in turn) return { jobId, ...turn.returns };
    const { taskToken } = withToken.parse(payload);
    await endpoint.client.send(new SendTaskSuccessCommand({ taskToken, output: `{"challengeNumber":1}` }));
    return { jobId };
  });
  return { ...run, calls };
}
