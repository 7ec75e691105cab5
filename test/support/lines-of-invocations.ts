import { AsyncLocalStorage } from "node:async_hooks";
import * as z from "zod";
import type { Around } from "../../infra/local/function-host.ts";

/** One run of a function, and every line that it wrote. */
export interface Invocation {
  entry: string;
  event: unknown;
  hasEnded: boolean;
  /** What it gave, once it has ended well. */
  result?: unknown;
  chunks: string[];
}

const line = z.record(z.string(), z.unknown());

/** Notes what each run of a function writes to standard output and standard error, of which nothing is seen on the screen. */
export function linesOfInvocations() {
  const invocations: Invocation[] = [];
  const current = new AsyncLocalStorage<Invocation>();
  const streams = [process.stdout, process.stderr];
  let isOn = false;
  const writes = streams.map((stream) => stream.write);

  return {
    invocations,
    start(): void {
      isOn = true;
      streams.forEach((stream, index) => {
        const write = writes[index]?.bind(stream);
        stream.write = (...given: [Uint8Array | string, ...unknown[]]) => {
          const invocation = current.getStore();
          if (invocation === undefined) return write?.(String(given[0])) ?? true;
          invocation.chunks.push(String(given[0]));
          return true;
        };
      });
    },
    stop(): void {
      isOn = false;
      streams.forEach((stream, index) => {
        stream.write = writes[index] ?? stream.write;
      });
    },
    around: ((entry, event, run) => {
      const invocation: Invocation = { entry, event, hasEnded: false, chunks: [] };
      invocations.push(invocation);
      return current.run(invocation, async () => {
        try {
          invocation.result = await run(event);
          return invocation.result;
        } finally {
          // What is written while nobody notes it any more is none of its lines.
          invocation.hasEnded = isOn;
        }
      });
    }) satisfies Around,
  };
}

/** Its lines, each of which is JSON. */
export function linesOf({ chunks }: Invocation) {
  const texts = chunks.join("").split("\n");
  if (texts.pop() !== "") throw new Error("The last line has no end.");
  return texts.map((text) => line.parse(JSON.parse(text)));
}
