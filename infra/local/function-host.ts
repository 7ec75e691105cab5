import * as z from "zod";
import type { LocalFunction } from "./template/deployed.ts";

type Handler = (event: unknown) => Promise<unknown>;

/** Wraps every invocation of a function. `entry` is the path of the function's source file. Calls `run`, or replaces it. */
export type Around = (
  entry: string,
  event: unknown,
  run: (event: unknown) => Promise<unknown>,
) => Promise<unknown>;

/** Returns the module of an entry. `entry` is the path of the function's source file. */
export type LoadEntry = (entry: string) => Promise<unknown>;

const entryModule = z.object({ handler: z.custom<Handler>((value) => typeof value === "function") });

const PROJECT_ROOT = new URL("../../", import.meta.url);

export interface FunctionHost {
  /** Throws the handler's error unchanged, as Step Functions and API Gateway receive it. */
  invoke(functionArn: string, event: unknown): Promise<unknown>;
}

/**
 * Loads the source of every function in the template. All functions share the environment of this process.
 *
 * @throws an `Error` if two functions need different values for one variable.
 */
export async function hostFunctions(
  functions: readonly LocalFunction[],
  around: Around = (_, event, run) => run(event),
  loadEntry: LoadEntry = (entry) => import(new URL(entry, PROJECT_ROOT).href),
): Promise<FunctionHost> {
  setEnvironment(functions);
  const loaded = await Promise.all(
    functions.map(async ({ arn, entry }) => {
      const run = entryModule.parse(await loadEntry(entry)).handler;
      return [arn, (event: unknown) => around(entry, event, run)] as const;
    }),
  );
  const handlers = new Map(loaded);
  return {
    async invoke(functionArn, event) {
      const handler = handlers.get(functionArn);
      if (handler === undefined) throw new Error("There is no such function.");
      return handler(event);
    },
  };
}

/**
 * Ignored variables: the user sets the log level of local mode, and metrics would only make the output harder to read, because
 * they are written for CloudWatch.
 */
const NOT_FROM_THE_TEMPLATE = ["LOG_LEVEL", "METRICS_NAMESPACE"];

function setEnvironment(functions: readonly LocalFunction[]): void {
  const wanted = new Map<string, string>();
  for (const [name, value] of functions.flatMap(({ environment }) => Object.entries(environment))) {
    const earlier = wanted.get(name);
    if (earlier !== undefined && earlier !== value) throw new Error(`Two functions want another ${name}.`);
    wanted.set(name, value);
  }
  for (const [name, value] of wanted) {
    if (!NOT_FROM_THE_TEMPLATE.includes(name)) process.env[name] = value;
  }
}
