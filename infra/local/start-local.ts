import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { loopbackReceivers } from "../../functions/webhooks/sending/loopback-receivers.ts";
import { type SandboxOptions, startSandbox } from "../../sandbox/server.ts";
import type { Delay } from "./abortable-delay.ts";
import { type DuringRequest, startDynamoDb } from "./aws/dynamodb/dynamodb-endpoint.ts";
import { StreamLog } from "./aws/dynamodb/stream-log.ts";
import { startKms } from "./aws/kms/kms-endpoint.ts";
import { startLambda } from "./aws/lambda/lambda-endpoint.ts";
import { startSecretsManager } from "./aws/secrets-manager/secrets-manager-endpoint.ts";
import { RecordDelivery } from "./deliver-records.ts";
import { type Around, hostFunctions, type LoadEntry } from "./function-host.ts";
import { openGateway } from "./gateway.ts";
import type { LocalSettings } from "./local-settings.ts";
import { runSchedules } from "./run-schedules.ts";
import { type LocalStepFunctions, startStepFunctions } from "./step-functions/step-functions-endpoint.ts";
import { subscribeAtSandbox } from "./subscribe-at-sandbox.ts";
import { type Deployed, deploy } from "./template/deployed.ts";
import { LOCAL_REGION } from "./template/resolve-template.ts";
import { type LocalContext, synthesizeApart, type Template } from "./template/template.ts";

export interface LocalSystem {
  apiUrl: string;
  sandboxUrl: string | undefined;
  stepFunctions: LocalStepFunctions;
  deployed: Deployed;
  close(): Promise<void>;
}

export interface StartOptions {
  synthesize?: (context: LocalContext) => Promise<Template>;
  around?: Around;
  loadEntry?: LoadEntry;
  /** How code waits for nominal time. Default: in real time. */
  delay?: Delay;
  duringRequest?: DuringRequest;
  /** How the sandbox waits before it checks again for messages to send. */
  rest?: SandboxOptions["rest"];
}

/** The local sandbox accepts any key. */
const SANDBOX_KEY = "sandbox";

/** The local name of the secret of the sandbox's webhook. */
const WEBHOOK_SECRET = "upstream-webhook";

/**
 * Runs the whole system in this process: the functions and the state machine of the synthesized template, with local endpoints
 * in place of AWS. Call it only once per process, because the functions cache clients and settings after their first call.
 *
 * @throws an `Error` with a one-line message if a port is taken or the API key was revoked.
 */
export async function startLocal(
  settings: LocalSettings,
  { synthesize = synthesizeApart, around, loadEntry, delay, duringRequest, rest }: StartOptions = {},
): Promise<LocalSystem> {
  const { dataDir, timeScale } = settings;
  const timing = { timeScale, ...(delay && { delay }) };
  const fileAt = (name: string) => (dataDir === undefined ? undefined : join(dataDir, name));
  const closers: (() => Promise<void>)[] = [];
  const closing = async () => {
    for (const close of closers.toReversed()) await close();
  };
  const started = async <Part extends { close(): Promise<void> }>(starting: Promise<Part>): Promise<Part> => {
    const part = await starting;
    closers.push(() => part.close());
    return part;
  };

  try {
    const gateway = await started(portTaken("PORT", settings.port, openGateway(settings.port)));
    const sandbox =
      settings.upstream === undefined
        ? await started(
            portTaken(
              "SANDBOX_PORT",
              settings.sandboxPort,
              startSandbox({
                ...{ port: settings.sandboxPort, timeScale, dataFile: fileAt("sandbox.json"), rest },
                consentReturnUrl: `${settings.publicUrl ?? gateway.url}/consent/return`,
              }),
            ),
          )
        : undefined;
    const upstream = settings.upstream ?? { url: sandbox?.url ?? "", apiKey: SANDBOX_KEY };

    const hasWebhooks = sandbox !== undefined && settings.deployment.upstreamVersion === "3.0";
    const template = await synthesize({
      ...(sandbox !== undefined && { consentUiUrl: `${sandbox.url}/home` }),
      ...settings.deployment,
      ...(hasWebhooks && { upstreamWebhookSecret: WEBHOOK_SECRET }),
      upstreamUrl: upstream.url,
    });
    const deployed = deploy(template, { apiUrl: settings.publicUrl ?? gateway.url });
    const stateMachines = deployed.stateMachines.map((machine) => ({
      ...machine,
      invoke: (arn: string, payload: unknown) => host.invoke(arn, payload),
    }));

    const { streams } = deployed;
    const log = new StreamLog(fileAt("stream-records.jsonl"));
    let delivery: RecordDelivery | undefined;
    const dynamo = await started(
      startDynamoDb({
        tables: deployed.tables,
        streams: { streams, log, onRecord: (record) => delivery?.add(record) },
        duringRequest,
        ...optional("path", fileAt("dynamodb")),
      }),
    );
    const kms = await started(
      startKms({ keys: deployed.keys, ...optional("keyFile", fileAt("kms-keys.json")) }),
    );
    const stepFunctions = await started(
      startStepFunctions({
        stateMachines,
        timeScale,
        delay,
        ...optional("executionsFile", fileAt("executions.jsonl")),
      }),
    );
    const secrets = await started(startSecretsManager({ value: upstream.apiKey }));
    const lambda = await started(startLambda({ invoke: (arn, event) => host.invoke(arn, event) }));
    pointSdkAt({
      LAMBDA: lambda.url,
      DYNAMODB: dynamo.url,
      KMS: kms.url,
      SECRETS_MANAGER: secrets.url,
      SFN: stepFunctions.url,
    });
    process.env["TIME_SCALE"] = String(timeScale);
    loopbackReceivers.allow();
    const host = await hostFunctions(deployed.functions, around, loadEntry);
    delivery = await started(
      Promise.resolve(new RecordDelivery({ ...timing, mappings: streams, log, invoke: host.invoke })),
    );
    const jobsTable = jobsTableOf(deployed);
    await keepApiKey(jobsTable, settings.apiKey);
    const webhookSecret = valueIn(deployed, "UPSTREAM_WEBHOOK_SECRET");
    const tables = { dynamodb: dynamo.url, jobsTable, ...optional("sandbox", sandbox?.url) };
    if (sandbox === undefined || webhookSecret === undefined) {
      gateway.serve(deployed, host.invoke, tables);
    } else {
      const { url: sandboxUrl } = sandbox;
      const upstream = { url: sandboxUrl, secretsManager: secrets.url, webhookSecret };
      await subscribeAtSandbox({ sandboxUrl, apiKey: SANDBOX_KEY, apiUrl: gateway.url, webhookSecret });
      gateway.serve(deployed, host.invoke, { ...tables, upstream });
    }
    stepFunctions.resume();
    const { schedules } = deployed;
    await started(Promise.resolve(runSchedules({ ...timing, schedules, invoke: host.invoke })));
    return { apiUrl: gateway.url, sandboxUrl: sandbox?.url, stepFunctions, deployed, close: closing };
  } catch (error) {
    await closing();
    throw error;
  }
}

/** Replaces `EADDRINUSE` by a one-line error that names the variable to change. */
async function portTaken<Part>(variable: string, port: number, starting: Promise<Part>): Promise<Part> {
  try {
    return await starting;
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken) throw error;
    throw new Error(`Port ${port} is taken. Set ${variable} to another one.`);
  }
}

function optional<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  const found: { [key in Name]?: string } = {};
  if (value !== undefined) found[name] = value;
  return found;
}

/** Overrides the credentials of this machine, so that no request can reach AWS. */
function pointSdkAt(urls: Record<string, string>): void {
  for (const [service, url] of Object.entries(urls)) process.env[`AWS_ENDPOINT_URL_${service}`] = url;
  process.env["AWS_REGION"] = LOCAL_REGION;
  process.env["AWS_ACCESS_KEY_ID"] = "local";
  process.env["AWS_SECRET_ACCESS_KEY"] = "local";
  process.env["AWS_EC2_METADATA_DISABLED"] = "true";
  delete process.env["AWS_SESSION_TOKEN"];
  delete process.env["AWS_PROFILE"];
}

function valueIn({ functions }: Deployed, variable: string): string | undefined {
  return functions.find(({ environment }) => environment[variable])?.environment[variable];
}

function jobsTableOf(deployed: Deployed): string {
  const tableName = valueIn(deployed, "JOBS_TABLE");
  if (tableName === undefined) throw new Error("No function of the template has a jobs table.");
  return tableName;
}

async function keepApiKey(tableName: string, apiKey: string): Promise<void> {
  const client = new DynamoDBClient({});
  const { revokedAt } = await dynamoApiKeyRegister(client, tableName).add(
    new Secret(apiKey),
    "local mode",
    new Date(),
  );
  client.destroy();
  if (revokedAt !== undefined) {
    throw new Error("The API key was revoked in this data directory. Set LOCAL_API_KEY to another one.");
  }
}
