import * as parts from "../runtime/compose.ts";
import { once } from "../runtime/once.ts";
import { sweepHandler } from "../runtime/sweep-handler.ts";
import { sweep } from "../use-cases/sweep.ts";

const deps = once(() => ({
  clock: parts.clock(),
  jobs: parts.jobs(),
  sweptJobs: parts.sweptJobs(),
  claims: parts.claims(),
  vault: parts.vault(),
  sealer: parts.sealer(),
  waker: parts.waker(),
  executions: parts.executions(),
}));

export const handler = sweepHandler((watch) => sweep(deps(), watch));
