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
