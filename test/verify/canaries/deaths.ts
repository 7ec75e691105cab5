import type { Around } from "../../../infra/local/function-host.ts";

/** Every so many of the first invocations that a function has for somebody. */
const WAYS = ["before", "after", undefined] as const;

/**
 * Functions that die while this is on: the first time that one is called for a job, or for a path, it does not run, the second
 * time nobody hears of what it did, and then all goes well.
 */
export function deaths() {
  const invocations = new Map<string, number>();
  let isOn = false;
  let died = 0;
  let words: string | undefined;
  const givenUp = new Set<string>();

  const around: Around = async (entry, event, run) => {
    const jobId = String(Reflect.get(Object(event), "jobId"));
    if (givenUp.has(jobId) && !entry.endsWith("give-up.lambda.ts")) {
      throw new Error("Nobody knows why.");
    }
    if ((!isOn && words === undefined) || entry.endsWith("sweep.lambda.ts")) return run(event);
    if (words !== undefined) {
      const message = words;
      words = undefined;
      throw new Error("The function died.", { cause: new Error(message) });
    }
    const whom = `${entry} ${String(Reflect.get(Object(event), "jobId") ?? Reflect.get(Object(event), "rawPath"))}`;
    const number = invocations.get(whom) ?? 0;
    invocations.set(whom, number + 1);
    const way = WAYS[number];
    if (way === undefined) return run(event);
    died += 1;
    if (way === "after") await run(event);
    throw Object.assign(new Error("The function died."), { name: "Lambda.Unknown" });
  };

  return {
    around,
    begin: () => {
      isOn = true;
    },
    end: () => {
      isOn = false;
    },
    /** The next invocation ends in an error that says this. */
    saying: (last: string) => {
      words = last;
    },
    /** From now on no function comes through for this job, but the one that gives it up. */
    givingUp: (jobId: string) => void givenUp.add(jobId),
    count: () => died,
  };
}
