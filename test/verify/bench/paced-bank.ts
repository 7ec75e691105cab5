import { type Sandbox, startSandbox } from "../../../sandbox/server.ts";
import type { OnUpstreamCall } from "./function-watch.ts";

/** A bit more than the pauses between looks, as on a machine, so that a look never falls on the moment of a change. */
const LATE_MS = 20;

export interface PacedBank extends Sandbox {
  /** For the watch of the functions. */
  onUpstreamCall: OnUpstreamCall;
}

/**
 * A bank whose time passes by our looks at it and not by the machine's clock: a pause for each look but the first one of an
 * invocation, and what the workflow waited before that one. So what is counted does not depend on a machine's speed.
 */
export async function startPacedBank(pace: {
  betweenLooksMs: number;
  beforeFirstLookMs: number;
}): Promise<PacedBank> {
  let now = Date.now();
  const sandbox = await startSandbox({ port: 0, now: () => now });
  return {
    ...sandbox,
    onUpstreamCall({ upstreamCalls }, call) {
      if (!isLook(call)) return;
      const isFirst = upstreamCalls.filter(isLook).length === 1;
      now += LATE_MS + (isFirst ? pace.beforeFirstLookMs : pace.betweenLooksMs);
    },
  };
}

/** A look at upstream's job. */
export function isLook(call: string): boolean {
  return call.startsWith("GET /jobs/");
}
