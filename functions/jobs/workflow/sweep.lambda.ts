import { claims, clock, executions, jobs, once, sealer, sweptJobs, vault, waker } from "../../compose.ts";
import { sweep } from "../use-cases/sweep.ts";
import { sweepHandler } from "./handlers.ts";

const deps = once(() => ({
  clock: clock(),
  jobs: jobs(),
  sweptJobs: sweptJobs(),
  claims: claims(),
  vault: vault(),
  sealer: sealer(),
  waker: waker(),
  executions: executions(),
}));

export const handler = sweepHandler((watch) => sweep(deps(), watch));
