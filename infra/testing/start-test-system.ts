import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** The settings have the names and the meanings of those of a deployment, and their defaults. */
export interface TestSystemOptions {
  allowUnboundClientTokens?: boolean;
  answerWaitSeconds?: number;
  appName?: string;
  connect?: "direct" | "consent-ui";
  consentUiUrl?: string;
  followLimitMinutes?: number;
  followSliceSeconds?: number;
  maxRunningJobs?: number;
  maxWebhooks?: number;
  queue?: boolean;
  retentionDays?: number;
  returnUrls?: string[];
  stepResults?: "object" | "list";
  upstreamVersion?: "2.0" | "2.1" | "3.0";
  waiters?: number;
  /** From which level on the system logs. Default: `warn`. */
  logLevel?: "debug" | "info" | "warn" | "error";
  /** Gets each log line, which is JSON. Default: no function gets them. */
  onLog?: (line: string) => void;
}

/** Milliseconds, or a sum of units. */
export type TimeSpan = number | { days?: number; hours?: number; minutes?: number; seconds?: number };

/** The clock of a system. It runs like the machine's clock, and skips waits of up to a minute. */
export interface SystemClock {
  now(): Promise<Date>;
  /**
   * Moves the time forward, through everything that is due on the way, in its order. Resolves when the system has nothing left to do
   * before it waits again.
   *
   * @throws a `RangeError` if the span is negative or no number.
   */
  advance(span: TimeSpan): Promise<void>;
  /** Stops the time. From now on, only `advance` moves it. */
  pause(): Promise<void>;
  /** Lets the clock run again. */
  resume(): Promise<void>;
}

/** A reply, or the lack of one, that replaces those of the bank to some requests of the API. */
export interface SandboxFault {
  method: string;
  /** `*` stands for one or more characters. */
  path: string;
  /** How many requests get it. */
  times: number;
  do:
    | { status?: number; retryAfter?: string; body?: string }
    | { reset: "before" | "after" }
    /** In real time: so are the time limits of requests. */
    | { delayMs: number };
}

/** A request that the sandbox received. */
export interface SandboxCall {
  at: string;
  method: string;
  path: string;
  userId: string | null;
  institutionId: string | null;
}

/** The sandbox, which stands in for the aggregator and its banks. */
export interface SandboxControls {
  /**
   * Takes an institution down. It then refuses logins (`refuse`, the default), fails them after they were accepted (`fail`), or holds
   * them in the aggregator's own queue (`queue`).
   */
  outage(institutionId: string, how?: "refuse" | "fail" | "queue"): Promise<void>;
  /** Ends the outage of an institution. */
  restore(institutionId: string): Promise<void>;
  /** Replaces all earlier faults. */
  faults(faults: readonly SandboxFault[]): Promise<void>;
  /** Makes an event of the aggregator happen to a user, such as `consent.revoked`. */
  event(
    userId: string,
    event: { type: string; connectionIds?: string[]; entityId?: string; isStored?: boolean },
  ): Promise<void>;
  /** Sets how many transactions the connections of a user have at least. */
  transactions(userId: string, count: number): Promise<void>;
  /** Returns the requests that the sandbox has received, oldest first. */
  calls(): Promise<SandboxCall[]>;
  /** Deletes everything that the sandbox has stored, but not the jobs of the API. */
  reset(): Promise<void>;
}

export interface TestSystem {
  /** Without a trailing slash, on 127.0.0.1. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly sandboxUrl: string;
  readonly clock: SystemClock;
  readonly sandbox: SandboxControls;
  /**
   * Resolves when the system has nothing left to do before it waits for more than a minute, or for somebody: a job has ended, is queued,
   * or asks its user.
   */
  settled(): Promise<void>;
  /** Ends the system. Everything that it has stored is gone. */
  close(): Promise<void>;
}

/**
 * Starts the API and the sandbox in a thread of this process, in memory. Several systems can run at the same time.
 *
 * @throws an `Error` with a one-line message if a setting is not valid.
 */
export async function startTestSystem(options: TestSystemOptions = {}): Promise<TestSystem> {
  const { call, close } = startThread(options);
  const tell = async (name: string, ...given: unknown[]) => void (await call(name, ...given));
  try {
    const { apiUrl, apiKey, sandboxUrl } = Object(await call("start"));
    return {
      apiUrl,
      apiKey,
      sandboxUrl,
      clock: {
        now: async () => new Date(Number(await call("now"))),
        advance: async (span) => tell("advance", millisecondsOf(span)),
        pause: () => tell("pause"),
        resume: () => tell("resume"),
      },
      sandbox: {
        outage: (institutionId, how = "refuse") => tell("outage", institutionId, how),
        restore: (institutionId) => tell("restore", institutionId),
        faults: (faults) => tell("faults", faults),
        event: (userId, event) => tell("event", userId, event),
        transactions: (userId, count) => tell("transactions", userId, count),
        calls: async () => Object(await call("calls")),
        reset: () => tell("reset"),
      },
      settled: () => tell("settled"),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const UNITS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000 } as const;

function millisecondsOf(span: TimeSpan): number {
  const { days = 0, hours = 0, minutes = 0, seconds = 0 } = Object(span);
  const ofUnits = days * UNITS.days + hours * UNITS.hours + minutes * UNITS.minutes + seconds * UNITS.seconds;
  const milliseconds = typeof span === "number" ? span : ofUnits;
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new RangeError("A span of time must be a number from 0 on.");
}

/** In the repository, the thread runs the sources. In the package, it runs what the package was built with. */
function filesOf(here: string) {
  const isSource = here.endsWith(".ts");
  const [root, extension] = isSource ? ["../../", ".ts"] : ["./", ".mjs"];
  return {
    worker: fileURLToPath(new URL(isSource ? "./worker.ts" : "./infra/testing/worker.mjs", here)),
    entries: new URL(root, here).href,
    extension,
    templates: new URL(`${root}templates.json`, here).href,
  };
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

function startThread({ onLog, logLevel = "warn", ...settings }: TestSystemOptions) {
  const { worker, ...files } = filesOf(import.meta.url);
  // Nothing of this process reaches the thread: no credentials, and no flags of a test runner.
  const thread = new Worker(worker, {
    workerData: { settings: { ...settings, logLevel }, isLogged: onLog !== undefined, ...files },
    // The package holds its version of the AWS SDK, which runs on Node.js 20.
    env: { LOG_LEVEL: logLevel, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    argv: [],
    execArgv: [],
  });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let hasEnded = false;
  // A system that nobody closes does not keep the process alive, except during a call.
  const settle = (id: number) => {
    const found = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) thread.unref();
    return found;
  };
  const failAll = (error: Error) => {
    for (const id of waiting.keys()) settle(id)?.reject(error);
  };
  thread.on("message", ({ line, id, answer, failure }) => {
    if (line !== undefined) return onLog?.(line);
    const found = settle(id);
    if (failure === undefined) found?.resolve(answer);
    else found?.reject(new Error(failure));
  });
  thread.on("error", failAll);
  thread.on("exit", () => {
    hasEnded = true;
    failAll(new Error(ENDED));
  });
  return {
    call(name: string, ...given: unknown[]): Promise<unknown> {
      if (hasEnded) return Promise.reject(new Error(ENDED));
      return new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        thread.ref();
        thread.postMessage({ id: last, name, given });
      });
    },
    async close() {
      await thread.terminate();
    },
  };
}

const ENDED = "The test system has ended.";
