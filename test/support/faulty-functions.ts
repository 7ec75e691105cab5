import { AsyncLocalStorage } from "node:async_hooks";
import { vi } from "vitest";
import * as z from "zod";
import type { Around } from "../../infra/local/function-host.ts";

interface FunctionError {
  /** `before`: the function does not run. `after`: it runs, and nobody hears of it. */
  when: "before" | "after";
  /** What the workflow sees as the name of the error. */
  error: string;
}

/** The function runs, and says nothing of what is next, as those of another version may. */
export const SAYS_NOTHING = "says nothing";

/** The function runs, and does not say how long to wait, as those of another version may not. */
export const OMITS_THE_WAIT = "omits the wait";

export type FunctionFault = FunctionError | typeof SAYS_NOTHING | typeof OMITS_THE_WAIT;

/** For each call of a job's function in turn, by the name of its entry: none for a call that is to go well, as all later ones do. */
export type FunctionFaults = { readonly [entry: string]: readonly (FunctionFault | undefined)[] };

/** A fault for a call each. */
export function fails(when: FunctionError["when"], ...errors: string[]): FunctionError[] {
  return errors.map((error) => ({ when, error }));
}

const taskOutput = z.looseObject({ waitSeconds: z.number() });

function withoutTheWait(said: unknown): object {
  const { waitSeconds: _, ...rest } = taskOutput.parse(said);
  return rest;
}

const taskInput = z.object({ jobId: z.string() });

/** Makes the functions of the workflow fail, by the job they are called for. They wait until it is said what is to go wrong. */
export function faultyFunctions() {
  const plans = new Map<string, PromiseWithResolvers<FunctionFaults>>();
  const calls = new Map<string, number>();

  function planOf(jobId: string): PromiseWithResolvers<FunctionFaults> {
    const plan = plans.get(jobId) ?? Promise.withResolvers<FunctionFaults>();
    plans.set(jobId, plan);
    return plan;
  }

  async function nextFault(entry: string, jobId: string): Promise<FunctionFault | undefined> {
    const name = entry.replace(/^.*\/|\.lambda\.ts$/g, "");
    const number = calls.get(`${jobId} ${name}`) ?? 0;
    calls.set(`${jobId} ${name}`, number + 1);
    return (await planOf(jobId).promise)[name]?.[number];
  }

  const around: Around = async (entry, event, run) => {
    const task = taskInput.safeParse(event);
    const fault = task.success ? await nextFault(entry, task.data.jobId) : undefined;
    if (fault === undefined) return run(event);
    if (fault === SAYS_NOTHING) return run(event).then(() => task.data);
    if (fault === OMITS_THE_WAIT) return withoutTheWait(await run(event));
    if (fault.when === "after") await run(event);
    throw Object.assign(new Error("As the test wants it."), { name: fault.error });
  };

  return {
    around,
    plan: (jobId: string, faults: FunctionFaults) => planOf(jobId).resolve(faults),
  };
}

/** One name for each retrier that every Task has. */
const PASSING = [
  "Lambda.ServiceException",
  "UpstreamUnavailable",
  "TaskFailed",
  "Lambda.TooManyRequestsException",
];
/** Each of them before a function has run, and each after. */
export const PASSES = [...fails("before", ...PASSING), ...fails("after", ...PASSING)];

const entryModule = z.object({
  handler: z.custom<(event: unknown) => Promise<unknown>>((value) => typeof value === "function"),
});

/**
 * In AWS no two functions share what they keep from call to call; in local mode all do. Gives each modules of its own, so
 * that each makes all the calls that it needs.
 */
export function functionsApart() {
  const handlers = new Map<string, z.infer<typeof entryModule>["handler"]>();
  return {
    async load(entries: readonly string[]): Promise<void> {
      for (const entry of entries) {
        vi.resetModules();
        const loaded: unknown = await import(new URL(`../../${entry}`, import.meta.url).href);
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

/** One run of a function, and every line that it wrote. */
export interface Invocation {
  entry: string;
  event: unknown;
  hasEnded: boolean;
  /** What it gave, once it has ended well. */
  result?: unknown;
  chunks: string[];
}

const line = z.record(z.string(), z.unknown());

/** Notes what each run of a function writes to standard output and standard error, of which nothing is seen on the screen. */
export function linesOfInvocations() {
  const invocations: Invocation[] = [];
  const current = new AsyncLocalStorage<Invocation>();
  const streams = [process.stdout, process.stderr];
  let isOn = false;
  const writes = streams.map((stream) => stream.write);

  return {
    invocations,
    start(): void {
      isOn = true;
      streams.forEach((stream, index) => {
        const write = writes[index]?.bind(stream);
        stream.write = (...given: [Uint8Array | string, ...unknown[]]) => {
          const invocation = current.getStore();
          if (invocation === undefined) return write?.(String(given[0])) ?? true;
          invocation.chunks.push(String(given[0]));
          return true;
        };
      });
    },
    stop(): void {
      isOn = false;
      streams.forEach((stream, index) => {
        stream.write = writes[index] ?? stream.write;
      });
    },
    around: ((entry, event, run) => {
      const invocation: Invocation = { entry, event, hasEnded: false, chunks: [] };
      invocations.push(invocation);
      return current.run(invocation, async () => {
        try {
          invocation.result = await run(event);
          return invocation.result;
        } finally {
          // What is written while nobody notes it any more is none of its lines.
          invocation.hasEnded = isOn;
        }
      });
    }) satisfies Around,
  };
}

/** Its lines, each of which is JSON. */
export function linesOf({ chunks }: Invocation) {
  const texts = chunks.join("").split("\n");
  if (texts.pop() !== "") throw new Error("The last line has no end.");
  return texts.map((text) => line.parse(JSON.parse(text)));
}
