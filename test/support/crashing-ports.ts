import type { FakePorts } from "./fake-ports.ts";

/** A process that died: nothing after it ran. */
export class Crash extends Error {
  override readonly name = "Crash";
}

export interface CrashPoint {
  /** The call to a port, counted from 0 over the whole life of the ports. */
  call: number;
  when: "before" | "after";
}

const CRASHING = ["upstream", "jobs", "vault", "sealer", "waker"] as const;

/** Dies at the given calls, just before they have their effect or just after. Counts all calls. */
export function crashingPorts(ports: FakePorts, points: readonly CrashPoint[]) {
  const counter = { calls: 0 };

  function wrap<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          const call = counter.calls++;
          const dies = (when: CrashPoint["when"]) =>
            points.some((point) => point.call === call && point.when === when);
          if (dies("before")) throw new Crash();
          const result: unknown = await Reflect.apply(value, target, args);
          if (dies("after")) throw new Crash();
          return result;
        };
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of CRASHING) Object.assign(wrapped, { [name]: wrap(ports[name]) });
  return { ports: wrapped, counter };
}
