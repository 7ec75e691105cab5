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
  return aroundCalls(ports, async (name, call) => {
    await scheduler.schedule(Promise.resolve(), name);
    // A call that fails comes back at its time, too.
    const [result] = await Promise.allSettled([call()]);
    await scheduler.schedule(Promise.resolve(), `${name} replies`);
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** The same ports for a process that dies: after so many calls no other one has an effect, and nothing is heard of any. */
export function dyingPorts(ports: FakePorts, callsUntilDeath: number) {
  const { promise: death, resolve: die } = Promise.withResolvers<"died">();
  let calls = 0;
  const dying = aroundCalls(ports, async (_, call) => {
    if (calls++ >= callsUntilDeath) {
      die("died");
      return new Promise(() => undefined);
    }
    return call();
  });
  return { ports: dying, death };
}

function aroundCalls(
  ports: FakePorts,
  around: (name: string, call: () => Promise<unknown>) => Promise<unknown>,
): FakePorts {
  function wrap<Port extends object>(port: Port, of: string): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) =>
          around(`${of}.${String(name)}`, async () => Reflect.apply(value, target, args));
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of SCHEDULED) Object.assign(wrapped, { [name]: wrap(ports[name], name) });
  wrapped.workflow = wrapped.executions;
  return wrapped;
}
