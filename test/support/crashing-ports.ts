import type { FakePorts } from "./fake-ports.ts";

/** A process that died: nothing after it ran. */
class Crash extends Error {
  override readonly name = "Crash";
}

export interface CrashPoint {
  /** The call to a port, counted from 0 over the whole life of the ports. */
  call: number;
  when: "before" | "after";
}

const CRASHING = [
  "upstream",
  "jobs",
  "vault",
  "sealer",
  "waker",
  "claims",
  "refusedLogins",
  "requestCounts",
  "executions",
  "sweptJobs",
  "institutions",
] as const;

/** Dies at the given calls, just before they have their effect or just after. Counts all calls. */
export function crashingPorts(ports: FakePorts, points: readonly CrashPoint[]) {
  const process = { calls: 0, crashes: 0, isDead: false };

  function die(): never {
    if (!process.isDead) process.crashes++;
    process.isDead = true;
    throw new Crash();
  }

  function wrap<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          // Whatever would be done about an error: a dead process does nothing.
          if (process.isDead) die();
          const call = process.calls++;
          const dies = (when: CrashPoint["when"]) =>
            points.some((point) => point.call === call && point.when === when);
          if (dies("before")) die();
          try {
            return await Reflect.apply(value, target, args);
          } finally {
            if (dies("after")) die();
          }
        };
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of CRASHING) Object.assign(wrapped, { [name]: wrap(ports[name]) });
  return {
    ports: wrapped,
    calls: () => process.calls,
    crashes: () => process.crashes,
    /** Runs something in a process of its own. True when it died, or nothing told that it did not. */
    dies: async (work: () => Promise<unknown>): Promise<boolean> => {
      process.isDead = false;
      try {
        await work();
      } catch (error) {
        if (!process.isDead) throw error;
      }
      return process.isDead;
    },
  };
}

export type CrashingPorts = ReturnType<typeof crashingPorts>;
