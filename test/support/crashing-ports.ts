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
  "jobList",
  "vault",
  "sealer",
  "waker",
  "claims",
  "refusedLogins",
  "outages",
  "requestCounts",
  "executions",
  "sweptJobs",
  "institutions",
  "waiterSlots",
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

export interface Death {
  /** The call to a port, counted from 0. */
  call: number;
  when: "before" | "after";
  /** Of a process that died nothing comes any more; where only a call failed, it tidies up and says so. */
  isOfProcess: boolean;
}

const DYING = [
  "jobs",
  "claims",
  "vault",
  "executions",
  "reservations",
  "fingerprints",
  "refusedLogins",
  "requestCounts",
] as const;

/** The ports of one process, which dies or fails at one of its calls, just before that has its effect or just after. */
export function dyingPorts(ports: FakePorts, death?: Death) {
  const counter = { calls: 0, isDead: false };

  async function call(made: () => unknown): Promise<unknown> {
    const isIt = death?.call === counter.calls++;
    if (isIt && death.when === "before") return die(death);
    if (counter.isDead) return never();
    const result: unknown = await made();
    return isIt ? die(death) : result;
  }

  function die({ isOfProcess }: Death): Promise<never> {
    counter.isDead = isOfProcess;
    return isOfProcess ? never() : Promise.reject(new Error("a call failed"));
  }

  function wrap<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        return typeof value !== "function"
          ? value
          : (...args: unknown[]) => call(() => Reflect.apply(value, target, args));
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of DYING) Object.assign(wrapped, { [name]: wrap(ports[name]) });
  return { ports: wrapped, counter };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
