import type { Call } from "./call.ts";
import { injected, refusalReply } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import type { Fault, FaultAction } from "./state.ts";

/** Returns the first fault that matches the call, and the remaining faults. Undefined if no fault matches. */
export function takeFault(
  faults: readonly Fault[],
  call: Call,
): { readonly hit: FaultAction; readonly left: readonly Fault[] } | undefined {
  const index = faults.findIndex((fault) => fault.method === call.method && matches(fault.path, call.path));
  const fault = faults[index];
  if (fault === undefined) return undefined;
  const usedOnce = fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
  return { hit: fault.do, left: [...faults.slice(0, index), ...usedOnce, ...faults.slice(index + 1)] };
}

/** `*` in the pattern matches one or more characters. */
function matches(pattern: string, path: string): boolean {
  const literals = pattern.split("*").map((literal) => literal.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${literals.join(".+")}$`, "s").test(path);
}

/** Returns the reply that replaces the work. Undefined for a delay and for a reset. */
export function replyOfFault(fault: FaultAction, correlationId: string): Reply | undefined {
  const { delayMs, reset, status = 200, retryAfter, body } = fault;
  if (delayMs !== undefined || reset !== undefined) return undefined;
  if (body === undefined) return refusalReply(injected(status, retryAfter), correlationId);
  const retry = retryAfter === undefined ? {} : { "retry-after": retryAfter };
  return { status, headers: { "content-type": "text/html", ...retry }, body };
}
