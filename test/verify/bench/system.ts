import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { basename } from "node:path";
import { mock } from "node:test";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { handler as lookAtBanks } from "../../../functions/institutions/look-at-banks.lambda.ts";
import { handler as sweep } from "../../../functions/jobs/workflow/sweep.lambda.ts";
import { handler as sweepDeliveries } from "../../../functions/webhooks/deliver-webhooks.lambda.ts";
import { ENTRY_METADATA } from "../../../infra/aws/entry-metadata.ts";
import type { Around } from "../../../infra/local/function-host.ts";
import { type LocalSettings, readLocalSettings } from "../../../infra/local/local-settings.ts";
import { type StartOptions, startLocal } from "../../../infra/local/start-local.ts";
import { deploy } from "../../../infra/local/template/deployed.ts";
import { resourcesOf, synthesizeApart, type Template } from "../../../infra/local/template/template.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { allRows } from "../../support/local-aws.ts";
import { awsRecorder } from "../support/aws-recorder.ts";
import { parseDefinition, pausesOf } from "../walks/definition.ts";

type Synthesize = NonNullable<StartOptions["synthesize"]>;

/** Stands in for local mode's own sandbox. */
interface Bank {
  url: string;
  close(): Promise<void>;
  /** Before a call of the aggregator is sent; its invocation holds it already. */
  onUpstreamCall?: (invocation: WatchedInvocation, call: string) => void;
}

interface LocalModeOptions {
  timeScale: number;
  synthesize?: Synthesize;
  bank?: Bank;
  around?: Around;
  /** Default: tables and records are in memory. */
  dataDir?: string;
  /** Settings of the deployment that are not at their default. */
  deployment?: LocalSettings["deployment"];
}

const API_KEY = "bench-api-key";

/** Local mode on free ports. Once per process. */
export async function startLocalMode(options: LocalModeOptions) {
  const { timeScale, synthesize = synthesizeApart, bank, around, dataDir, deployment } = options;
  const settings = readLocalSettings({
    PORT: "0",
    SANDBOX_PORT: "0",
    LOCAL_API_KEY: API_KEY,
    TIME_SCALE: String(timeScale),
    ...(dataDir !== undefined && { DATA_DIR: dataDir }),
    ...(bank !== undefined && { UPSTREAM_URL: bank.url, UPSTREAM_API_KEY: "sandbox" }),
  });
  let template: Template = { Resources: {} };
  const local = await startLocal(
    { ...settings, ...(deployment !== undefined && { deployment }) },
    {
      ...(around !== undefined && { around }),
      synthesize: async (context) => {
        template = await synthesize(context);
        return template;
      },
    },
  );
  const target = { apiUrl: local.apiUrl, sandboxUrl: bank?.url ?? local.sandboxUrl ?? "", apiKey: API_KEY };
  return { local, template, target };
}

/** Nothing runs beside what is counted. */
export function withoutSchedules({ Resources }: Template): Template {
  const others = Object.entries(Resources).filter(([, { Type }]) => Type !== "AWS::Events::Rule");
  return { Resources: Object.fromEntries(others) };
}

/** Our template with another definition for its state machine. */
export function withDefinition(template: Template, definition: string): Template {
  const replaced = resourcesOf(template, "AWS::StepFunctions::StateMachine").map(([id, resource]) => [
    id,
    { ...resource, Properties: { ...resource.Properties, DefinitionString: definition } },
  ]);
  return { Resources: { ...template.Resources, ...Object.fromEntries(replaced) } };
}

const functionProperties = z.object({
  MemorySize: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

export interface FunctionFacts {
  memoryMb: number;
  variables: string[];
}

/** Our functions, by their names. */
export function functionFacts(template: Template): Map<string, FunctionFacts> {
  const found = resourcesOf(template, "AWS::Lambda::Function").flatMap(([, { Properties, Metadata }]) => {
    const entry = z.string().safeParse(Metadata[ENTRY_METADATA]);
    if (!entry.success) return [];
    const { MemorySize, Environment } = functionProperties.parse(Properties);
    const facts = { memoryMb: MemorySize, variables: Object.keys(Environment.Variables) };
    return [[functionName(entry.data), facts] as const];
  });
  return new Map(found);
}

/** Such as `get-job`. */
export function functionName(entry: string): string {
  return basename(entry, ".ts").replace(/\.lambda$/, "");
}

export type CountedSystem = Awaited<ReturnType<typeof startCounted>>;

/** The sweeper counts the queue in some minutes, which are none of these. */
const ANOTHER_MINUTE_MS = 7 * 60_000;
const HOUR_MS = 3_600_000;

const QUARTER_OF_AN_HOUR_MS = HOUR_MS / 4;
const MINUTE_MS = 60_000;

/** The time, or a minute later if the sweeper counts the queue then. */
function withoutCount(ms: number): number {
  return ms % QUARTER_OF_AN_HOUR_MS < MINUTE_MS ? ms + MINUTE_MS : ms;
}

async function atAnotherMinute<Result>(run: () => Promise<Result>): Promise<Result> {
  mock.timers.enable({ apis: ["Date"], now: Math.floor(Date.now() / HOUR_MS) * HOUR_MS + ANOTHER_MINUTE_MS });
  return run().finally(() => mock.timers.reset());
}

const SWEEP = "functions/jobs/workflow/sweep.lambda.ts";
const LOOK_AT_BANKS = "functions/institutions/look-at-banks.lambda.ts";
const DELIVER = "functions/webhooks/deliver-webhooks.lambda.ts";

/** Local mode with everything that its functions do written down; `around` goes around all that is counted. */
export async function startCounted(options: LocalModeOptions) {
  const { synthesize = synthesizeApart, bank, around = (_, event, run) => run(event) } = options;
  // As on AWS; local mode by itself writes no metrics.
  Object.assign(process.env, { LOG_LEVEL: "info", METRICS_NAMESPACE: "ConnectionJobs" });
  const recorder = awsRecorder();
  const watch = functionWatch(bank?.onUpstreamCall);
  const counted: Around = (entry, event, run) =>
    recorder.around(entry, event, () => watch.around(entry, event, run));
  const system = await startLocalMode({
    ...options,
    synthesize: async (context) => withoutSchedules(await synthesize(context)),
    around: (entry, event, run) => around(entry, event, (given) => counted(entry, given, run)),
  });
  await recorder.start();
  return {
    ...system,
    recorder,
    /** In the order of the recorder's invocations. */
    watched: watch.invocations,
    /** Runs the function that sends webhooks, as its schedule does. */
    sweepDeliveries: () => counted(DELIVER, {}, sweepDeliveries),
    /** Runs the sweeper, which its schedule does not here. */
    sweep: () => counted(SWEEP, {}, () => atAnotherMinute(() => sweep())),
    /** Looks at the banks for which jobs wait. */
    lookAtBanks: () => counted(LOOK_AT_BANKS, {}, lookAtBanks),
    /** As `sweep`, whatever the time is. */
    sweepNow: () => counted(SWEEP, {}, () => sweep()),
    /** Lets the time of a job in the queue pass until it is over; only where the clock can be moved. */
    async waitOut(_jobId: string): Promise<void> {
      throw new Error("The clock of this system runs by itself.");
    },
    async close() {
      await system.local.close();
      await recorder.close();
      watch.close();
      await bank?.close();
    },
  };
}

/** One invocation of a function, and what of it is no call of AWS. */
export interface WatchedInvocation {
  entry: string;
  /** Such as `GET /jobs/1`. */
  upstreamCalls: string[];
  logLines: string[];
  /** By this machine's clock; 0 until it is over. */
  tookMs: number;
}

const CREATED = "undici:request:create";
const created = z.object({ request: z.object({ method: z.string(), path: z.string() }) });

/** Watches the functions of local mode: what they ask the aggregator, what they log, how long they run. */
function functionWatch(onUpstreamCall: NonNullable<Bank["onUpstreamCall"]> = () => undefined) {
  const current = new AsyncLocalStorage<WatchedInvocation>();
  const invocations: WatchedInvocation[] = [];
  const write = process.stdout.write;

  function noteCall(message: unknown): void {
    const invocation = current.getStore();
    if (invocation === undefined) return;
    const { method, path } = created.parse(message).request;
    const call = `${method} ${path}`;
    invocation.upstreamCalls.push(call);
    onUpstreamCall(invocation, call);
  }

  function writeOrNote(...args: unknown[]): unknown {
    const invocation = current.getStore();
    if (invocation === undefined) return Reflect.apply(write, process.stdout, args);
    invocation.logLines.push(String(args[0]).trimEnd());
    return true;
  }

  subscribe(CREATED, noteCall);
  Object.assign(process.stdout, { write: writeOrNote });
  return {
    /** In the order of their beginnings. */
    invocations,
    around: (async (entry, event, run) => {
      const invocation: WatchedInvocation = { entry, upstreamCalls: [], logLines: [], tookMs: 0 };
      invocations.push(invocation);
      const startedAt = performance.now();
      return current
        .run(invocation, () => run(event))
        .finally(() => {
          invocation.tookMs = performance.now() - startedAt;
        });
    }) satisfies Around,
    close(): void {
      unsubscribe(CREATED, noteCall);
      Object.assign(process.stdout, { write });
    },
  };
}

/** A look at the aggregator's job. */
export function isLook(call: string): boolean {
  return call.startsWith("GET /jobs/");
}

/** A bit more than the pauses between looks, as on a machine, so that a look never falls on the moment of a change. */
const LATE_MS = 20;

/**
 * A bank whose time passes by our looks at it and not by the machine's clock: a pause for each look but the first one of an
 * invocation, and what the workflow waited before that one. So what is counted does not depend on a machine's speed.
 */
export async function startPacedBank(pace: {
  betweenLooksMs: number;
  beforeFirstLookMs: number;
}): Promise<Bank> {
  let now = Date.now();
  const sandbox = await startSandbox({ port: 0, now: () => now });
  return {
    ...sandbox,
    onUpstreamCall({ upstreamCalls }, call) {
      if (!isLook(call)) return;
      const isFirst = upstreamCalls.filter(isLook).length === 1;
      now += LATE_MS + (isFirst ? pace.beforeFirstLookMs : pace.betweenLooksMs);
    },
  };
}

const queuedRow = z.object({ phase: z.string(), sweepAt: z.string().default("") });

async function jobRow(jobId: string) {
  const rows = (await allRows()).flatMap((table) => table.rows).map((row) => unmarshall(row));
  return queuedRow.parse(rows.find(({ pk }) => pk === `job#${jobId}`));
}

/** Makes two hours 7 ms, and a week in the queue a second or two. */
const QUEUE_TIME_SCALE = 1e6;

/**
 * A system whose clock stands still, but for the time that the workflow waits: a week in the queue is as long as it is, and
 * what is counted does not depend on a machine's speed. Nobody who is asked in it is waited for.
 */
export async function startQueued(synthesize: Synthesize): Promise<CountedSystem> {
  mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const pass = (ms: number) => mock.timers.setTime(Date.now() + ms);
  let pauses: ReturnType<typeof pausesOf> | undefined;

  const around: Around = async (entry, event, run) => {
    try {
      const result = await run(event);
      if (entry.startsWith("functions/jobs/workflow/")) pass(pauses?.msAfterResult(result) ?? 0);
      return result;
    } catch (error) {
      pass(pauses?.msAfterError(functionName(entry), error instanceof Error ? error.name : "") ?? 0);
      throw error;
    }
  };

  const system = await startCounted({
    timeScale: QUEUE_TIME_SCALE,
    bank: await startSandbox({ port: 0, now: () => Date.now() }),
    around,
    synthesize: async (context) => {
      const template = await synthesize(context);
      const [machine] = deploy(template, { apiUrl: "" }).stateMachines;
      const definition = z.looseObject({}).parse(machine?.definition);
      pauses = pausesOf(parseDefinition(definition));
      // The scale that skips the waits would also end the execution at once.
      return withDefinition(template, JSON.stringify({ ...definition, TimeoutSeconds: undefined }));
    },
  });
  // The state machine alone is to be in a hurry. Functions read this when they first use their clock.
  process.env["TIME_SCALE"] = "1";
  return {
    ...system,
    sweep: system.sweepNow,
    async waitOut(jobId) {
      for (let row = await jobRow(jobId); row.phase === "queued"; row = await jobRow(jobId)) {
        mock.timers.setTime(withoutCount(Date.parse(row.sweepAt)));
        await system.sweepNow();
      }
    },
    async close() {
      await system.close();
      mock.timers.reset();
    },
  };
}
