import type { Clock } from "../../../functions/jobs/domain/clock.ts";
import { UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import type { VirtualTime } from "../capacity/virtual-time.ts";

/** What can happen to a call of a service, or to the function that makes it. */
export const FAULTS = [
  "the call fails before it has its effect",
  "the call has its effect, and its reply is lost",
  "the call is throttled",
  "the call takes long",
  "the function dies before the call",
  "the function dies after the call",
  "the request arrives when nobody waits for it any more",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Call {
  /** That it needs. */
  services: readonly Service[];
  /** Of the port, such as `jobs.record`. */
  name: string;
  at: number;
}

/** Decides what happens to a call. */
export type Harm = (call: Call) => Fault | undefined;

const SERVICES = ["DynamoDB", "KMS", "Step Functions", "the aggregator"] as const;
export type Service = (typeof SERVICES)[number];

const OF_OTHERS: { readonly [port: string]: Service } = {
  sealer: "KMS",
  fingerprints: "KMS",
  executions: "Step Functions",
  waker: "Step Functions",
  upstream: "the aggregator",
  institutions: "the aggregator",
};
/** The vault seals what it stores. */
const SEALING = ["vault.store", "vault.reveal"];

function servicesOf(port: string, name: string): readonly Service[] {
  return SEALING.includes(name) ? ["KMS", "DynamoDB"] : [OF_OTHERS[port] ?? "DynamoDB"];
}

/** A request with a login or an answer may stay in transit. */
const POSTS = ["openConnection", "refreshConnection", "answer"];
/** What a clock says at once, and what is no call. */
const PLAIN = ["clock", "policy", "newId"];

/** Longer than a request may stay in transit after the call has ended, by the product's assumption, is 60 s. */
const MOST_IN_TRANSIT_MS = 40_000;
const MOST_PAUSE_MS = 90_000;
const MOST_SLOW_MS = 25_000;
const LATENCY_MS = { least: 2, more: 30 };

class ServiceError extends Error {
  readonly $fault = "server";
  constructor(name: string) {
    super("As the test wants it.");
    this.name = name;
  }
}

/** The two errors that Lambda gives for a function that died. */
export class FunctionDied extends Error {
  constructor(name: "Sandbox.Timedout" | "Runtime.ExitError") {
    super("As the test wants it.");
    this.name = name;
  }
}

export interface RunOptions {
  time: VirtualTime;
  random(): number;
  harm: Harm;
  /** As long as the function may run. */
  limitMs: number;
}

/**
 * Runs a function with ports of its own, to whose calls anything may happen. Once the function has died, or has returned, no call of
 * it has an effect any more. Rejects with `FunctionDied` if it died.
 */
export async function runFunction<Ports extends { clock: Clock }, Result>(
  ports: Ports,
  { time, random, harm, limitMs }: RunOptions,
  work: (ports: Ports) => Promise<Result>,
): Promise<Result> {
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);
  let isOver = false;

  function die(name: FunctionDied["name"] = "Runtime.ExitError"): Promise<never> {
    isOver = true;
    death.reject(new FunctionDied(name as "Runtime.ExitError"));
    return never();
  }

  async function call(name: string, services: readonly Service[], effect: () => unknown): Promise<unknown> {
    if (isOver) return never();
    await time.sleep(LATENCY_MS.least + random() * LATENCY_MS.more);
    if (isOver) return never();
    const fault = harm({ services, name, at: time.now() });
    const isUpstream = services.includes("the aggregator");
    switch (fault) {
      case "the function dies before the call":
        return die();
      case "the call fails before it has its effect":
        throw isUpstream ? new UpstreamUnavailable() : new ServiceError("InternalServerError");
      case "the call is throttled":
        throw isUpstream
          ? new UpstreamUnavailable({ retryAfterMs: Math.ceil(random() * MOST_PAUSE_MS) })
          : new ServiceError("ThrottlingException");
      case "the request arrives when nobody waits for it any more":
        time.after(
          random() * MOST_IN_TRANSIT_MS,
          () => void Promise.resolve(effect()).catch(() => undefined),
        );
        throw new UpstreamUnavailable({ mayStillArrive: true });
      case "the call takes long":
        await time.sleep(random() * MOST_SLOW_MS);
        if (isOver) return never();
        break;
    }
    const result: unknown = await effect();
    if (fault === "the function dies after the call") return die();
    await time.sleep(random() * LATENCY_MS.more);
    if (isOver) return never();
    if (fault === "the call has its effect, and its reply is lost")
      throw isUpstream ? new UpstreamUnavailable() : new ServiceError("TimeoutError");
    return result;
  }

  function wrap(port: string, target: object): object {
    return new Proxy(target, {
      get(of, name) {
        const value: unknown = Reflect.get(of, name);
        if (typeof value !== "function") return value;
        const full = `${port}.${String(name)}`;
        return (...args: unknown[]) =>
          call(full, servicesOf(port, full), () => Reflect.apply(value, of, args));
      },
    });
  }

  const clock: Clock = {
    ...ports.clock,
    sleep: async (ms) => {
      await ports.clock.sleep(ms);
      if (isOver) await never();
    },
  };
  const wrapped = Object.entries(ports).map(([name, port]: [string, unknown]) => [
    name,
    PLAIN.includes(name) || typeof port !== "object" || port === null ? port : wrap(name, port),
  ]);
  const cancel = time.after(limitMs, () => void die("Sandbox.Timedout"));
  try {
    return await Promise.race([death.promise, work({ ...Object.fromEntries(wrapped), clock })]);
  } finally {
    isOver = true;
    cancel();
  }
}

/** Whether a call may be a request that stays in transit. */
export function isPost({ name }: Pick<Call, "name">): boolean {
  return POSTS.some((post) => name === `upstream.${post}`);
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
