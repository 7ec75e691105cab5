import {
  claims,
  clock,
  endDeps,
  executions,
  once,
  sealer,
  sweptJobs,
  upstream,
  waker,
} from "../../compose.ts";
import { sweep } from "../use-cases/sweep.ts";
import { sweepHandler } from "./handlers.ts";

const deps = once(() => ({
  ...endDeps(),
  clock: clock(),
  sweptJobs: sweptJobs(),
  claims: claims(),
  sealer: sealer(),
  waker: waker(),
  executions: executions(),
  upstream: upstream(),
}));

export const handler = sweepHandler((watch) => sweep(deps(), watch));
