import { LOOK_EVERY_MS } from "../../functions/domain/polling-policy.ts";
import { synthesizeApart } from "../../infra/local/template-process.ts";
import { countKinds } from "./count-kinds.ts";
import { startCounted } from "./counted-system.ts";
import { delaysOf } from "./delays.ts";
import { JOB_KINDS } from "./job-kinds.ts";
import { POLLER_LOOKS_EVERY_MS, pollerTemplate } from "./poller/poller-template.ts";

/*
 * Counts and measures one system at the bank's own pace, and prints that as JSON: ours, or the poller when the argument
 * says so. A program of its own, since local mode starts once per process.
 */
const isPoller = process.argv[2] === "poller";
const system = await startCounted({
  timeScale: 1,
  ...(isPoller && { synthesize: async (context) => pollerTemplate(await synthesizeApart(context)) }),
});
const counted = await countKinds(system);
const delays: { [kind: string]: number[] } = {};
for (const kind of JOB_KINDS)
  delays[kind.name] = await delaysOf(system.target, kind, isPoller ? POLLER_LOOKS_EVERY_MS : LOOK_EVERY_MS);
await system.close();
process.stdout.write(JSON.stringify({ counted, delays }));
