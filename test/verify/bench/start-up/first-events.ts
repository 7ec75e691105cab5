import { setTimeout as sleep } from "node:timers/promises";
import { startDynamoDb } from "../../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { startSecretsManager } from "../../../../infra/local/aws/secrets-manager/secrets-manager-endpoint.ts";
import type { Around } from "../../../../infra/local/function-host.ts";
import { readLocalSettings } from "../../../../infra/local/local-settings.ts";
import { type LocalSystem, startLocal } from "../../../../infra/local/start-local.ts";
import { synthesizeApart, type Template } from "../../../../infra/local/template/template.ts";
import { cancel, connected, list, refresh, refreshAll, resume, update } from "../../../journeys/calls.ts";
import { executionOf } from "../../../journeys/execution-of.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "../../../journeys/mobile-backend.ts";
import { untilQueued } from "../../../journeys/queued.ts";
import { SANDBOX_TABLE, sandboxTable } from "../../../sandbox/table-sandbox.ts";
import { WAIT } from "../../../workflow/definition.ts";
import { type FunctionFacts, functionFacts, functionName } from "../template-facts.ts";
import { type RecordedCall, startRecorder } from "./stand-in.ts";
import { type Startable, timeStart } from "./timed-start.ts";

/** The first event of a function, and the calls that it made to answer it. */
export interface FirstEvent extends Startable {
  entry: string;
  memoryMb: number;
  calls: readonly RecordedCall[];
}

export interface RecordOptions {
  runner: string;
  /** The bundle of an entry. */
  bundleOf: (entry: string) => string;
}

const API_KEY = "bench-api-key";
/** Bank steps of 2 s take 0.1 s. */
const TIME_SCALE = 20;
const MAX_LOOKS = 1_500;
const LOOK_EVERY_MS = 20;

/**
 * Runs local mode through journeys in which every function is needed. The first event of each function goes to its bundle in a
 * process of its own, and the calls of that process are recorded on their way to local mode.
 */
export async function recordFirstEvents(options: RecordOptions): Promise<FirstEvent[]> {
  process.env["LOG_LEVEL"] = "error";
  let template: Template = { Resources: {} };
  const recorded = new Map<string, FirstEvent | undefined>();
  const refused = new Set<string>();

  async function record({ deployed, sandboxUrl = "" }: LocalSystem, entry: string, event: unknown) {
    const { memoryMb } = factsOf(template, entry);
    const { environment } = deployed.functions.find((one) => one.entry === entry) ?? {};
    const scaled = { ...environment, TIME_SCALE: String(TIME_SCALE) };
    const startable = { bundle: options.bundleOf(entry), event, environment: scaled, at: Date.now() };
    const { reply, calls } = await recordOne(options.runner, startable, sandboxUrl);
    recorded.set(entry, { ...startable, entry, memoryMb, calls });
    return reply;
  }

  let started: LocalSystem | undefined;
  const around: Around = async (entry, event, run) => {
    if (refused.delete(entry)) throw new SyntaxError("It is to be given up.");
    if (started === undefined || recorded.has(entry)) return run(event);
    recorded.set(entry, undefined);
    return record(started, entry, event);
  };
  const local = await startLocal(
    readLocalSettings({
      PORT: "0",
      SANDBOX_PORT: "0",
      LOCAL_API_KEY: API_KEY,
      TIME_SCALE: String(TIME_SCALE),
    }),
    {
      around,
      synthesize: async (context) => {
        template = await synthesizeApart(context);
        return template;
      },
    },
  );
  started = local;
  try {
    const target = { apiUrl: local.apiUrl, sandboxUrl: local.sandboxUrl ?? "", apiKey: API_KEY };
    const newBackend = () => new MobileBackend(target);
    await connectWithCode(newBackend());
    await refreshAndUpdate(newBackend());
    const entered = (jobId: string) => executionOf(local, jobId).entered(WAIT);
    await outlastSlice(newBackend(), entered);
    refused.add("functions/jobs/workflow/open-connection.lambda.ts");
    await newBackend().startJob(HOOLI, LOGINS.gavin);
    await queueAndResume(newBackend());
    const entries = local.deployed.functions.map(({ entry }) => entry);
    await untilNone(() => entries.filter((entry) => recorded.get(entry) === undefined));
  } finally {
    await local.close();
  }
  const found = [...recorded.values()].filter((event) => event !== undefined);
  return [...found, await recordSandbox(options)];
}

async function connectWithCode(backend: MobileBackend): Promise<void> {
  await backend.send("GET", "/health");
  await backend.send("GET", "/elsewhere");
  const answered = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(answered);
  await backend.answer(answered, ["1234"]);
  await backend.untilOver(answered);
  await list(backend);
  const cancelled = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(cancelled);
  await cancel(backend, cancelled);
}

async function refreshAndUpdate(backend: MobileBackend): Promise<void> {
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await refresh(backend, connectionId);
  await update(backend, await connected(newUserOf(backend), HOOLI, LOGINS.gavin), LOGINS.gavin);
  await refreshAll(backend);
}

function newUserOf({ target }: MobileBackend): MobileBackend {
  return new MobileBackend(target);
}

/** A bank that takes longer than the slice that comes with the opening. */
async function outlastSlice(
  backend: MobileBackend,
  entered: (jobId: string) => Promise<unknown>,
): Promise<void> {
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await entered(jobId);
  await backend.faults([]);
  await backend.untilOver(jobId);
}

async function queueAndResume(backend: MobileBackend): Promise<void> {
  await backend.institution(HOOLI, { status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await untilQueued(backend, jobId);
  await backend.institution(HOOLI, { status: "operational" });
  await resume(backend, jobId);
  await backend.untilOver(jobId);
}

async function untilNone(missing: () => readonly string[]): Promise<void> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    if (missing().length === 0) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`No event reached ${missing().join(", ")}.`);
}

async function recordOne(runner: string, startable: Startable, upstreamUrl: string) {
  const address = (service: string) => process.env[`AWS_ENDPOINT_URL_${service}`] ?? "";
  const recorder = await startRecorder({
    services: {
      DynamoDB_20120810: address("DYNAMODB"),
      TrentService: address("KMS"),
      AWSStepFunctions: address("SFN"),
      secretsmanager: address("SECRETS_MANAGER"),
    },
    upstreamUrl,
  });
  try {
    const { reply } = await timeStart(runner, startable, recorder.url);
    return { reply, calls: recorder.calls };
  } finally {
    await recorder.close();
  }
}

function factsOf(template: Template, entry: string): FunctionFacts {
  const facts = functionFacts(template).get(functionName(entry));
  if (facts === undefined) throw new Error(`The template has no ${entry}.`);
  return facts;
}

const NOWHERE = "http://127.0.0.1:1";
const SANDBOX_ENTRY = "sandbox/sandbox.lambda.ts";

/** The deployed sandbox, which local mode runs in another way, trades its key for a token. */
async function recordSandbox({ runner, bundleOf }: RecordOptions): Promise<FirstEvent> {
  const dynamo = await startDynamoDb({ tables: [sandboxTable] });
  const secrets = await startSecretsManager({ value: API_KEY });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
  const event = {
    rawPath: "/token",
    headers: {
      authorization: `Basic ${API_KEY}`,
      "basiq-version": "3.0",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "scope=SERVER_ACCESS",
    requestContext: { http: { method: "POST" } },
  };
  const environment = { SANDBOX_TABLE, SANDBOX_URL: NOWHERE, SANDBOX_API_KEY_SECRET: "key" };
  const startable = { bundle: bundleOf(SANDBOX_ENTRY), event, environment, at: Date.now() };
  try {
    const { calls } = await recordOne(runner, startable, "");
    const { memoryMb } = factsOf(await synthesizeApart({ upstreamUrl: NOWHERE }, "sandbox"), SANDBOX_ENTRY);
    return { ...startable, entry: SANDBOX_ENTRY, memoryMb, calls };
  } finally {
    await dynamo.close();
    await secrets.close();
  }
}
