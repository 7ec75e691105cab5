import { mock } from "node:test";
import type { Around } from "../../../infra/local/function-host.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { parseDefinition, pausesOf } from "../../workflow/definition.ts";
import { type CountedOptions, type CountedSystem, startCounted } from "./counted-system.ts";
import { definitionIn, withDefinition } from "./counted-template.ts";
import { functionName } from "./template-facts.ts";

/** Makes two hours 7 ms, and a week in the queue a second or two. */
const TIME_SCALE = 1e6;

/**
 * A system whose clock stands still, but for the time that the workflow waits: a week in the queue is as long as it is, and
 * what is counted does not depend on a machine's speed. Nobody who is asked in it is waited for.
 */
export async function startQueued(
  synthesize: NonNullable<CountedOptions["synthesize"]>,
): Promise<CountedSystem> {
  mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const pass = (ms: number) => mock.timers.setTime(Date.now() + ms);
  let pauses: ReturnType<typeof pausesOf> | undefined;

  const around: Around = async (entry, event, run) => {
    const name = functionName(entry);
    try {
      const result = await run(event);
      if (entry.startsWith("functions/jobs/workflow/")) pass(pauses?.msAfterResult(result) ?? 0);
      return result;
    } catch (error) {
      pass(pauses?.msAfterError(name, error instanceof Error ? error.name : "") ?? 0);
      throw error;
    }
  };

  const sandbox = await startSandbox({ port: 0, now: () => Date.now() });
  const system = await startCounted({
    timeScale: TIME_SCALE,
    bank: { ...sandbox, onUpstreamCall: () => undefined },
    around,
    synthesize: async (context) => {
      const template = await synthesize(context);
      const definition = definitionIn(template);
      pauses = pausesOf(parseDefinition(definition));
      // The scale that skips the waits would also end the execution at once.
      return withDefinition(template, JSON.stringify({ ...definition, TimeoutSeconds: undefined }));
    },
  });
  // The state machine alone is to be in a hurry. Functions read this when they first use their clock.
  process.env["TIME_SCALE"] = "1";
  return {
    ...system,
    async close() {
      await system.close();
      mock.timers.reset();
    },
  };
}
