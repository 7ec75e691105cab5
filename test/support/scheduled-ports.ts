import type { Scheduler } from "fast-check";
import type { FakePorts } from "./fake-ports.ts";

const SCHEDULED = [
  "jobs",
  "claims",
  "vault",
  "sealer",
  "waker",
  "executions",
  "sweptJobs",
  "reservations",
  "upstream",
  "clock",
] as const;
/** What a clock says at once. */
const AT_ONCE = ["now", "after", "msUntil", "pass"];

/** As long as an API function lives. */
const LIFE_MS = 29_000;

export interface Life {
  lifeMs?: number;
  /** After how many turns it is killed. */
  turns?: number | undefined;
}

/**
 * The ports of one run of a function, of the API when nothing else is said, whose every call goes out and comes back when the
 * scheduler lets it. A function that has lived for too long does nothing more: `died` says so.
 */
export function scheduledPorts(ports: FakePorts, scheduler: Scheduler, life: Life = {}) {
  const { lifeMs = LIFE_MS, turns = Number.POSITIVE_INFINITY } = life;
  let turn = 0;
  const born = ports.clock.now().getTime();
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);

  async function nextTurn(): Promise<void> {
    await scheduler.schedule(Promise.resolve());
    if (++turn <= turns && ports.clock.now().getTime() - born < lifeMs) return;
    death.reject(new Error("timed out"));
    await new Promise(() => undefined);
  }

  function wrap<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function" || AT_ONCE.includes(String(name))) return value;
        return async (...args: unknown[]) => {
          await nextTurn();
          const result: unknown = await Reflect.apply(value, target, args);
          await nextTurn();
          return result;
        };
      },
    });
  }

  const wrapped = { ...ports };
  for (const name of SCHEDULED) Object.assign(wrapped, { [name]: wrap(ports[name]) });
  return { ports: wrapped, died: death.promise };
}
