import { startUpBlocks } from "./page.ts";
import { DEFAULT_OPTIONS, measureStartUps, slowStartUps } from "./start-up.ts";

/*
 * Prints the section on start-up by itself, and ends with 1 when an entry takes too long. Its arguments: how often each function is
 * started, how often with a limited processor, and the names of the functions if not all are meant.
 */

const { runs, limitedRuns } = DEFAULT_OPTIONS;
const [givenRuns = runs, givenLimitedRuns = limitedRuns, ...only] = process.argv.slice(2);
const startUps = await measureStartUps({
  runs: Number(givenRuns),
  limitedRuns: Number(givenLimitedRuns),
  only,
});
process.stdout.write(`${startUpBlocks(startUps).join("\n\n")}\n`);
const slow = slowStartUps(startUps);
if (slow.length > 0) process.stdout.write(`\nToo slow:\n${slow.join("\n")}\n`);
process.exitCode = slow.length > 0 ? 1 : 0;
