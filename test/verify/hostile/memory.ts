import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The bytes that are still in use once all has been let go that nobody holds. */
export async function bytesInUse(): Promise<{ heap: number; buffers: number }> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("The collector cannot be called.");
  // What a first round lets go of is often what a second one can take.
  for (let round = 0; round < 3; round++) {
    Reflect.apply(collect, undefined, []);
    await sleep(10);
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, buffers: external };
}
