import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { startDynamoDb } from "./aws/dynamodb/dynamodb-endpoint.ts";
import { startKms } from "./aws/kms/kms-endpoint.ts";
import { startSecretsManager } from "./aws/secrets-manager/secrets-manager-endpoint.ts";
import { type Around, hostFunctions } from "./function-host.ts";
import { openGateway } from "./gateway.ts";
import type { LocalSettings } from "./local-settings.ts";
import { runSchedules } from "./run-schedules.ts";
import { type LocalStepFunctions, startStepFunctions } from "./step-functions/step-functions-endpoint.ts";
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
}

/** The local sandbox accepts any key. */
const SANDBOX_KEY = "sandbox";

/**
 * Runs the whole system in this process: the functions and the state machine of the synthesized template, with local endpoints
 * in place of AWS. Call it only once per process, because the functions cache clients and settings after their first call.
 *
 * @throws an `Error` with a one-line message if a port is taken or the API key was revoked.
 */
export async function startLocal(
  settings: LocalSettings,
  { synthesize = synthesizeApart, around }: StartOptions = {},
): Promise<LocalSystem> {
  const { dataDir, timeScale } = settings;
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
              startSandbox({ port: settings.sandboxPort, timeScale, dataFile: fileAt("sandbox.json") }),
            ),
          )
        : undefined;
    const upstream = settings.upstream ?? { url: sandbox?.url ?? "", apiKey: SANDBOX_KEY };

    const template = await synthesize({ ...settings.deployment, upstreamUrl: upstream.url });
    const deployed = deploy(template, { apiUrl: settings.publicUrl ?? gateway.url });
    const stateMachines = deployed.stateMachines.map((machine) => ({
      ...machine,
      invoke: (arn: string, payload: unknown) => host.invoke(arn, payload),
    }));

    const dynamo = await started(
      startDynamoDb({ tables: deployed.tables, ...optional("path", fileAt("dynamodb")) }),
    );
    const kms = await started(
      startKms({ keys: deployed.keys, ...optional("keyFile", fileAt("kms-keys.json")) }),
    );
    const stepFunctions = await started(
      startStepFunctions({
        stateMachines,
        timeScale,
        ...optional("executionsFile", fileAt("executions.jsonl")),
      }),
    );
    const secrets = await started(startSecretsManager({ value: upstream.apiKey }));
    pointSdkAt({
      DYNAMODB: dynamo.url,
      KMS: kms.url,
      SECRETS_MANAGER: secrets.url,
      SFN: stepFunctions.url,
    });
    process.env["TIME_SCALE"] = String(timeScale);
    const host = await hostFunctions(deployed.functions, around);
    const jobsTable = jobsTableOf(deployed);
    await keepApiKey(jobsTable, settings.apiKey);
    gateway.serve(deployed, host.invoke, { dynamodb: dynamo.url, jobsTable });
    stepFunctions.resume();
    const { schedules } = deployed;
    await started(Promise.resolve(runSchedules({ schedules, invoke: host.invoke, timeScale })));
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

function jobsTableOf({ functions }: Deployed): string {
  const tableName = functions.find(({ environment }) => environment["JOBS_TABLE"])?.environment["JOBS_TABLE"];
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
