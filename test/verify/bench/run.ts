import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { countedSchema } from "./counts.ts";
import { KIND_NAMES } from "./job-kinds.ts";
import { brokenBudgets, kindFigures, pageOf } from "./page.ts";
import { measurePageSpeeds, slowPages } from "./page-speeds.ts";
import { measurePassDelays, slowPasses } from "./pass-delays.ts";
import { DEFAULT_OPTIONS, measureStartUps, slowStartUps } from "./start-up/start-up.ts";

/* Writes the page, prints it, and ends with 1 when a job of ours is over its budget, or when a passed request, the first screen of the page or the start of an entry takes too long. */

const PROGRAM = fileURLToPath(new URL("./measure.ts", import.meta.url));

const measuredSchema = z.strictObject({
  counted: countedSchema,
  /** In milliseconds. */
  delays: z.partialRecord(z.enum(KIND_NAMES), z.array(z.number())),
});

/** Counts and measures a system in a process of its own, for less than a minute. */
async function measured(system: "ours" | "queue" | "poller") {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, system]);
  const { counted, delays } = measuredSchema.parse(JSON.parse(stdout));
  const columns = kindFigures(system === "poller" ? "poller" : "ours", counted);
  const titled = columns.flatMap(({ title, kind }) => {
    const found = delays[kind.name];
    return found === undefined ? [] : [[title, found] as const];
  });
  return { counted, columns, delays: titled };
}

const ours = await measured("ours");
const queue = await measured("queue");
const poller = await measured("poller");
const passDelays = await measurePassDelays();
const pageSpeeds = await measurePageSpeeds();
const startUps = await measureStartUps(DEFAULT_OPTIONS);
const page = pageOf({
  columns: [ours, queue, poller].flatMap(({ columns }) => columns),
  delays: new Map([...ours.delays, ...poller.delays]),
  passDelays,
  pageSpeeds,
  startUps,
  counted: ours.counted,
});
writeFileSync(new URL("../../../docs/reference/bench.md", import.meta.url), page);
const broken = [
  ...brokenBudgets([...ours.columns, ...queue.columns]),
  ...slowPasses(passDelays),
  ...slowPages(pageSpeeds),
  ...slowStartUps(startUps),
];
const verdict = broken.length === 0 ? "Within the budgets." : `Over budget:\n${broken.join("\n")}`;
process.stdout.write(`${page}\n${verdict}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
