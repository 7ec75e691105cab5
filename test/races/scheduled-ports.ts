import type { Scheduler } from "fast-check";
import type { FakePorts } from "../support/fake-ports.ts";

const SCHEDULED = [
  "jobs",
  "vault",
  "sealer",
  "claims",
  "upstream",
  "waker",
  "executions",
  "sweptJobs",
  "refusedLogins",
] as const;

/** Ports whose every call goes out, and its reply comes back, when the scheduler lets it. */
export function scheduledPorts(ports: FakePorts, scheduler: Scheduler): FakePorts {
  function wrap<Port extends object>(port: Port, of: string): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        const call = `${of}.${String(name)}`;
        return async (...args: unknown[]) => {
          await scheduler.schedule(Promise.resolve(), call);
          // A call that fails comes back at its time, too.
          const [result] = await Promise.allSettled([
            Promise.resolve().then(() => Reflect.apply(value, target, args)),
          ]);
          await scheduler.schedule(Promise.resolve(), `${call} replies`);
          if (result.status === "rejected") throw result.reason;
          return result.value;
        };
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of SCHEDULED) Object.assign(wrapped, { [name]: wrap(ports[name], name) });
  wrapped.workflow = wrapped.executions;
  return wrapped;
}
