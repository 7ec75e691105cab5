import type { Scheduler } from "fast-check";
import type { FakePorts } from "./fake-ports.ts";

const SCHEDULED = ["jobs", "claims", "vault", "executions", "reservations", "clock"] as const;
/** What a clock says at once. */
const AT_ONCE = ["now", "after", "msUntil", "pass"];

/** As long as an API function lives. */
const LIFE_MS = 29_000;

/**
 * The ports of one run of an API function, whose every call goes out and comes back when the scheduler lets it. A function that
 * has lived for too long does nothing more: `died` says so.
 */
export function scheduledPorts(ports: FakePorts, scheduler: Scheduler) {
  const born = ports.clock.now().getTime();
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);

  async function turn(): Promise<void> {
    await scheduler.schedule(Promise.resolve());
    if (ports.clock.now().getTime() - born < LIFE_MS) return;
    death.reject(new Error("timed out"));
    await new Promise(() => undefined);
  }

  function wrap<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function" || AT_ONCE.includes(String(name))) return value;
        return async (...args: unknown[]) => {
          await turn();
          const result: unknown = await Reflect.apply(value, target, args);
          await turn();
          return result;
        };
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of SCHEDULED) Object.assign(wrapped, { [name]: wrap(ports[name]) });
  wrapped.workflow = wrapped.executions;
  return { ports: wrapped, died: death.promise };
}
