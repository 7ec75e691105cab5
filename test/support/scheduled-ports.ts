import type { Scheduler } from "fast-check";
import type { FakePorts } from "./fake-ports.ts";

const SCHEDULED = ["jobs", "claims", "vault", "executions", "reservations", "clock"] as const;
/** What a clock says at once. */
const AT_ONCE = ["now", "after", "msUntil", "pass"];

/** Ports whose every call goes out and comes back when the scheduler lets it. */
export function scheduledPorts(ports: FakePorts, scheduler: Scheduler): FakePorts {
  const turn = () => scheduler.schedule(Promise.resolve());

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
  return wrapped;
}
