import {
  claims,
  clock,
  endDeps,
  erasures,
  eventEraser,
  executions,
  linkEraser,
  once,
  outages,
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
  erasures: erasures(),
  eventEraser: eventEraser(),
  linkEraser: linkEraser(),
  sealer: sealer(),
  waker: waker(),
  executions: executions(),
  upstream: upstream(),
  outages: outages(),
}));

export const handler = sweepHandler((watch) => sweep(deps(), watch));
