import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ClientRequest } from "node:http";
import * as z from "zod";

/** One invocation of a function. */
export interface Invocation {
  /** Such as `functions/jobs/api/get-job.lambda.ts`. */
  entry: string;
  /** From 1, in the order of all functions' invocations. */
  number: number;
}

/** Of requests by `node:http`, which the SDK uses, and by `fetch`. */
const CREATED = "http.client.request.created";
const FETCH_CREATED = "undici:request:create";
const INVOCATION_HEADER = "x-invocation";
const created = z.object({ request: z.instanceof(ClientRequest) });
const fetchCreated = z.object({
  request: z.custom<{ addHeader(name: string, value: string): void }>(
    (request) => typeof request === "object" && request !== null && "addHeader" in request,
  ),
});

/**
 * All functions of local mode share one process. This says which of them, and which invocation of it, sent an HTTP
 * request: `within` is around the invocation, and what is sent inside of it carries a header.
 */
export function callingFunctions() {
  const current = new AsyncLocalStorage<Invocation>();
  const invocations: Invocation[] = [];

  function mark(message: unknown): void {
    const invocation = current.getStore();
    if (invocation !== undefined) {
      created.parse(message).request.setHeader(INVOCATION_HEADER, invocation.number);
    }
  }

  function markFetch(message: unknown): void {
    const invocation = current.getStore();
    if (invocation !== undefined) {
      fetchCreated.parse(message).request.addHeader(INVOCATION_HEADER, String(invocation.number));
    }
  }

  subscribe(CREATED, mark);
  subscribe(FETCH_CREATED, markFetch);
  return {
    invocations,
    within<Result>(entry: string, run: () => Promise<Result>): Promise<Result> {
      const invocation = { entry, number: invocations.length + 1 };
      invocations.push(invocation);
      return current.run(invocation, run);
    },
    /** The sender of a request that arrived; none of our functions when absent. */
    senderOf(headers: { readonly [name: string]: unknown }): Invocation | undefined {
      return invocations[Number(headers[INVOCATION_HEADER]) - 1];
    },
    close(): void {
      unsubscribe(CREATED, mark);
      unsubscribe(FETCH_CREATED, markFetch);
    },
  };
}
