import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import * as z from "zod";
import type { Around } from "../../../infra/local/function-host.ts";

/** One invocation of a function, and what of it is no call of AWS. */
export interface WatchedInvocation {
  entry: string;
  /** Such as `GET /jobs/1`. */
  upstreamCalls: string[];
  logLines: string[];
  /** By this machine's clock; 0 until it is over. */
  tookMs: number;
}

const CREATED = "undici:request:create";
const created = z.object({ request: z.object({ method: z.string(), path: z.string() }) });

/** Before an upstream call is sent; its invocation holds it already. */
export type OnUpstreamCall = (invocation: WatchedInvocation, call: string) => void;

/** Watches the functions of local mode: what they ask upstream, what they log, how long they run. */
export function functionWatch(onUpstreamCall: OnUpstreamCall = () => undefined) {
  const current = new AsyncLocalStorage<WatchedInvocation>();
  const invocations: WatchedInvocation[] = [];
  const write = process.stdout.write;

  function noteCall(message: unknown): void {
    const invocation = current.getStore();
    if (invocation === undefined) return;
    const { method, path } = created.parse(message).request;
    const call = `${method} ${path}`;
    invocation.upstreamCalls.push(call);
    onUpstreamCall(invocation, call);
  }

  function writeOrNote(...args: unknown[]): unknown {
    const invocation = current.getStore();
    if (invocation === undefined) return Reflect.apply(write, process.stdout, args);
    invocation.logLines.push(String(args[0]).trimEnd());
    return true;
  }

  subscribe(CREATED, noteCall);
  Object.assign(process.stdout, { write: writeOrNote });
  return {
    /** In the order of their beginnings. */
    invocations,
    around: (async (entry, event, run) => {
      const invocation: WatchedInvocation = { entry, upstreamCalls: [], logLines: [], tookMs: 0 };
      invocations.push(invocation);
      const startedAt = performance.now();
      return current
        .run(invocation, () => run(event))
        .finally(() => {
          invocation.tookMs = performance.now() - startedAt;
        });
    }) satisfies Around,
    close(): void {
      unsubscribe(CREATED, noteCall);
      Object.assign(process.stdout, { write });
    },
  };
}
