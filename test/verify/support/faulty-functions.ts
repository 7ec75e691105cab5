import * as z from "zod";
import type { Around } from "../../../infra/local/function-host.ts";

interface FunctionError {
  /** `before`: the function does not run. `after`: it runs, and its result is lost. */
  when: "before" | "after";
  /** The name of the error in the workflow. */
  error: string;
}

/** The function runs and returns no next step, like a function of another version. */
export const SAYS_NOTHING = "says nothing";

/** The function runs and returns no waiting time, like a function of another version. */
export const OMITS_THE_WAIT = "omits the wait";

export type FunctionFault = FunctionError | typeof SAYS_NOTHING | typeof OMITS_THE_WAIT;

/** By the name of a function: the fault of each of its calls for one job in turn, or none. Later calls have no fault. */
export type FunctionFaults = { readonly [entry: string]: readonly (FunctionFault | undefined)[] };

/** Makes one fault for each error. */
export function fails(when: FunctionError["when"], ...errors: string[]): FunctionError[] {
  return errors.map((error) => ({ when, error }));
}

const taskOutput = z.looseObject({ waitSeconds: z.number() });

function withoutTheWait(said: unknown): object {
  const { waitSeconds: _, ...rest } = taskOutput.parse(said);
  return rest;
}

const taskInput = z.object({ jobId: z.string() });

/** Makes the functions of the workflow fail as planned for a job. They wait until `plan` is called for it. */
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

/** One error for each retrier of every Task. */
const PASSING = [
  "Lambda.ServiceException",
  "UpstreamUnavailable",
  "TaskFailed",
  "Lambda.TooManyRequestsException",
];
/** Each of these errors before the function runs, and each after. */
export const PASSES = [...fails("before", ...PASSING), ...fails("after", ...PASSING)];
