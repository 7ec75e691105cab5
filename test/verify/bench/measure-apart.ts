import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { countedSchema } from "./count-kinds.ts";
import { KIND_NAMES } from "./job-kinds.ts";

const PROGRAM = fileURLToPath(new URL("./measure.ts", import.meta.url));

export const measuredSchema = z.strictObject({
  counted: countedSchema,
  /** In milliseconds. */
  delays: z.partialRecord(z.enum(KIND_NAMES), z.array(z.number())),
});

export type Measured = z.infer<typeof measuredSchema>;

/** Counts and measures a system in a process of its own, for less than a minute. */
export async function measureApart(system: "ours" | "queue" | "poller"): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, system]);
  return measuredSchema.parse(JSON.parse(stdout));
}
