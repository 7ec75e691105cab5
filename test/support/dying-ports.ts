import type { FakePorts } from "./fake-ports.ts";

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
