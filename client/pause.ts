/*
 * Waits that a signal ends. React Native has neither `AbortSignal.any` nor `AbortSignal.timeout`, and its signals have
 * neither a `reason` nor `throwIfAborted`.
 */

/** Returns what to throw after the signal was aborted. */
export function abortError(signal: AbortSignal): unknown {
  return signal.reason ?? Object.assign(new Error("The call was aborted."), { name: "AbortError" });
}

/** Calls `onAbort` when the signal is aborted, or immediately if it is aborted already. Returns a function that stops listening. */
export function whenAborted(signal: AbortSignal | undefined, onAbort: () => void): () => void {
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort);
  return () => signal?.removeEventListener("abort", onAbort);
}

/**
 * Resolves after `ms` milliseconds, and rejects when the signal is aborted. `wakers` gets a function that ends the pause
 * before that.
 */
export async function pause(ms: number, signal?: AbortSignal, wakers = new Set<() => void>()): Promise<void> {
  let stop = () => {};
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    wakers.add(resolve);
    stop = () => {
      clearTimeout(timer);
      wakers.delete(resolve);
    };
  });
  await untilAborted(over, signal).finally(stop);
}

/** Settles as the promise, but rejects as soon as the signal is aborted. */
export function untilAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return promise;
  let stopListening = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stopListening = whenAborted(signal, () => reject(abortError(signal)));
  });
  return Promise.race([aborted, promise]).finally(stopListening);
}
