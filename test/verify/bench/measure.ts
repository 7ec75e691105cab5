import { LOOK_EVERY_MS } from "../../../functions/jobs/domain/following.ts";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { countKinds } from "./count-kinds.ts";
import { type CountedSystem, startCounted } from "./counted-system.ts";
import { delaysOf } from "./delays.ts";
import { QUEUED_KIND, QUICK_KINDS } from "./job-kinds.ts";
import { POLLER_LOOKS_EVERY_MS, pollerTemplate } from "./poller/poller-template.ts";
import { startQueued } from "./queued-system.ts";

/*
 * Counts and measures one system, which the argument names, and prints that as JSON. A program of its own, since local mode
 * starts once per process.
 */

/** At the bank's own pace. */
async function measured(system: CountedSystem, betweenLooksMs: number) {
  const counted = await countKinds(system, QUICK_KINDS);
  const delays: { [kind: string]: number[] } = {};
  for (const kind of QUICK_KINDS) delays[kind.name] = await delaysOf(system.target, kind, betweenLooksMs);
  await system.close();
  return { counted, delays };
}

async function queued() {
  const system = await startQueued(synthesizeApart);
  const counted = await countKinds(system, [QUEUED_KIND]);
  await system.close();
  return { counted, delays: {} };
}

async function measure(name: string | undefined) {
  if (name === "queue") return queued();
  if (name === "ours") return measured(await startCounted({ timeScale: 1 }), LOOK_EVERY_MS);
  const synthesize = async (context: { upstreamUrl: string }) =>
    pollerTemplate(await synthesizeApart(context));
  return measured(await startCounted({ timeScale: 1, synthesize }), POLLER_LOOKS_EVERY_MS);
}

process.stdout.write(JSON.stringify(await measure(process.argv[2])));
