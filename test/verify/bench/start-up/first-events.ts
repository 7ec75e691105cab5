import { setTimeout as sleep } from "node:timers/promises";
import { startDynamoDb } from "../../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { startSecretsManager } from "../../../../infra/local/aws/secrets-manager/secrets-manager-endpoint.ts";
import type { Around } from "../../../../infra/local/function-host.ts";
import { synthesizeApart, type Template } from "../../../../infra/local/template/template.ts";
import {
  begun,
  cancel,
  connected,
  connectionPath,
  list,
  newestJob,
  refresh,
  refreshAll,
  resume,
  succeeded,
  update,
} from "../../../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "../../../journeys/mobile-backend.ts";
import { untilQueued } from "../../../journeys/queued.ts";
import { SANDBOX_TABLE, sandboxTable } from "../../../sandbox/table-sandbox.ts";
import { adoptAll, Elsewhere, uploadStatement } from "../../adopt/elsewhere.ts";
import { newBrowser } from "../../links/browser.ts";
import { newLink } from "../../links/links.ts";
import { executionOf } from "../../support/execution-of.ts";
import { WAIT } from "../../walks/definition.ts";
import { functionFacts, functionName, startLocalMode } from "../system.ts";
import { type RecordedCall, startRecorder } from "./replay.ts";
import { type Startable, timeStart } from "./timed-start.ts";

/** The first event of a function, and the calls that it made to answer it. */
export interface FirstEvent extends Startable {
  entry: string;
  memoryMb: number;
  calls: readonly RecordedCall[];
}

interface RecordOptions {
  runner: string;
  /** The bundle of an entry. */
  bundleOf: (entry: string) => string;
}

/** Bank steps of 2 s take 0.1 s. */
const TIME_SCALE = 20;
const MAX_LOOKS = 1_500;
const POLL_EVERY_MS = 20;
const OPEN_CONNECTION = "functions/jobs/workflow/open-connection.lambda.ts";

/**
 * Runs local mode through journeys in which every function is needed. The first event of each function goes to its bundle in a
 * process of its own, and the calls of that process are recorded on their way to local mode.
 */
export async function recordFirstEvents(options: RecordOptions): Promise<FirstEvent[]> {
  process.env["LOG_LEVEL"] = "error";
  const recorded = new Map<string, FirstEvent | undefined>();
  const refused = new Set<string>();
  let started: Awaited<ReturnType<typeof startLocalMode>> | undefined;

  const around: Around = async (entry, event, run) => {
    if (refused.delete(entry)) throw new SyntaxError("It is to be given up.");
    if (started === undefined || recorded.has(entry)) return run(event);
    recorded.set(entry, undefined);
    const { local, template, target } = started;
    const { environment } = local.deployed.functions.find((one) => one.entry === entry) ?? {};
    // The start is timed, and not the wait for the bank.
    const scaled = { ...environment, TIME_SCALE: String(TIME_SCALE), ANSWER_WAIT_SECONDS: "0" };
    const startable = { bundle: options.bundleOf(entry), event, environment: scaled, at: Date.now() };
    const { reply, calls } = await recordOne(options.runner, startable, target.sandboxUrl);
    recorded.set(entry, { ...startable, entry, memoryMb: memoryOf(template, entry), calls });
    return reply;
  };
  started = await startLocalMode({ timeScale: TIME_SCALE, around });
  const { local, target } = started;
  try {
    const newBackend = () => new MobileBackend(target);
    await connectWithCode(newBackend());
    await refreshAndUpdate(newBackend(), newBackend());
    await outlastSlice(newBackend(), (jobId) => executionOf(local, jobId).entered(WAIT));
    refused.add(OPEN_CONNECTION);
    await newBackend().startJob(HOOLI, LOGINS.gavin);
    await queueAndResume(newBackend());
    await passAndErase(newBackend());
    const entries = local.deployed.functions.map(({ entry }) => entry);
    const missing = () => entries.filter((entry) => recorded.get(entry) === undefined);
    for (let looks = 0; missing().length > 0; looks++) {
      if (looks === MAX_LOOKS) throw new Error(`No event reached ${missing().join(", ")}.`);
      await sleep(POLL_EVERY_MS);
    }
  } finally {
    await local.close();
  }
  const found = [...recorded.values()].filter((event) => event !== undefined);
  return [...found, await recordSandbox(options, target.apiKey)];
}

async function connectWithCode(backend: MobileBackend): Promise<void> {
  await backend.send("GET", "/health");
  await backend.send("GET", "/openapi.json");
  await backend.send("POST", "/upstream/notifications");
  await backend.send("GET", "/elsewhere");
  await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
  await list(backend);
  await backend.call("GET", "/events/types");
  await backend.call("GET", "/notifications/webhooks");
  const cancelled = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(cancelled);
  await backend.call("GET", `/jobs/${cancelled}/changes`);
  await cancel(backend, cancelled);
}

async function refreshAndUpdate(backend: MobileBackend, other: MobileBackend): Promise<void> {
  await refresh(backend, await connected(backend, HOOLI, LOGINS.gavin));
  await update(backend, await connected(other, HOOLI, LOGINS.gavin), LOGINS.gavin);
  await refreshAll(backend);
}

/** A bank that takes longer than the slice that comes with the opening. */
async function outlastSlice(backend: MobileBackend, entered: (jobId: string) => Promise<unknown>) {
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

async function passAndErase(backend: MobileBackend): Promise<void> {
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await adoptAll(backend, await new Elsewhere(backend).jobs());
  await succeeded(backend, begun(await uploadStatement(backend, PIED_PIPER)));
  const { links } = await newLink(backend, backend.userId);
  const browser = newBrowser(backend.target.apiUrl);
  await browser.use(links.public);
  await browser.open("/consent/return?state=none");
  await browser.open("/connect");
  await browser.open(`/connect/jobs/${await newestJob(backend)}/changes?version=0`);
  await backend.call("GET", "/institutions");
  await backend.call("GET", `/institutions/${HOOLI}/health`);
  await backend.call("DELETE", connectionPath(backend, connectionId));
  await backend.call("DELETE", `/users/${backend.userId}`);
}

async function recordOne(runner: string, startable: Startable, upstreamUrl: string) {
  const address = (service: string) => process.env[`AWS_ENDPOINT_URL_${service}`] ?? "";
  const services = {
    DynamoDB_20120810: address("DYNAMODB"),
    TrentService: address("KMS"),
    AWSStepFunctions: address("SFN"),
    secretsmanager: address("SECRETS_MANAGER"),
  };
  const recorder = await startRecorder(services, upstreamUrl);
  try {
    const { reply } = await timeStart(runner, startable, recorder.url);
    return { reply, calls: recorder.calls };
  } finally {
    await recorder.close();
  }
}

function memoryOf(template: Template, entry: string): number {
  const facts = functionFacts(template).get(functionName(entry));
  if (facts === undefined) throw new Error(`The template has no ${entry}.`);
  return facts.memoryMb;
}

const NOWHERE = "http://127.0.0.1:1";
const SANDBOX_ENTRY = "sandbox/sandbox.lambda.ts";

/** The deployed sandbox, which local mode runs in another way, trades its key for a token. */
async function recordSandbox({ runner, bundleOf }: RecordOptions, apiKey: string): Promise<FirstEvent> {
  const dynamo = await startDynamoDb({ tables: [sandboxTable] });
  const secrets = await startSecretsManager({ value: apiKey });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
  const event = {
    rawPath: "/token",
    headers: {
      authorization: `Basic ${apiKey}`,
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
    const template = await synthesizeApart({ upstreamUrl: NOWHERE }, "sandbox");
    return { ...startable, entry: SANDBOX_ENTRY, memoryMb: memoryOf(template, SANDBOX_ENTRY), calls };
  } finally {
    await dynamo.close();
    await secrets.close();
  }
}
