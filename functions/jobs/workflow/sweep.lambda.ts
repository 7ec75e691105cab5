import * as parts from "../../compose.ts";
import { once } from "../../once.ts";
import { sweep } from "../use-cases/sweep.ts";
import { sweepHandler } from "./sweep-handler.ts";

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
