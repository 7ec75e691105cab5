import * as z from "zod";
import type { Around } from "../../infra/local/function-host.ts";

export interface FunctionFault {
  /** `before`: the function does not run. `after`: it runs, and nobody hears of it. */
  when: "before" | "after";
  /** What the workflow sees as the name of the error. */
  error: string;
}

/** For each call of a job's function in turn, by the name of its entry: none for a call that is to go well, as all later ones do. */
export type FunctionFaults = { readonly [entry: string]: readonly (FunctionFault | undefined)[] };

/** A fault for a call each. */
export function fails(when: FunctionFault["when"], ...errors: string[]): FunctionFault[] {
  return errors.map((error) => ({ when, error }));
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
    if (fault.when === "after") await run(event);
    throw Object.assign(new Error("As the test wants it."), { name: fault.error });
  };

  return {
    around,
    plan: (jobId: string, faults: FunctionFaults) => planOf(jobId).resolve(faults),
  };
}
