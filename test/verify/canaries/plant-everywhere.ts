import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { type AttributeValue, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { vi } from "vitest";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { HOOLI } from "../../journeys/logins.ts";
import { FRESH_CONNECTION } from "../../support/fresh-connection.ts";
import { allRows } from "../../support/local-aws.ts";
import { type Canary, plainCanary, textCanary } from "./canary.ts";
import { type CanaryWorld, canaryClient } from "./canary-world.ts";
import type { Finding } from "./scanner.ts";
import { Visitor } from "./visitor.ts";

/** A leak, and all sinks in which it has to be found. */
interface PlantedLeak {
  readonly canary: Canary;
  readonly sinks: readonly RegExp[];
}

const RAW_FILE = /^dynamodb[\\/].+\.(log|ldb)(, unpacked)?$/;
const EXECUTIONS = /^executions\.jsonl$/;
const STARTS = /^calls of states StartExecution$/;
const RECORDS = /^records of the stream$/;

const UNTIL_DELIVERED = { interval: 500, timeout: 900_000 };

/** Plants a leak in every sink, in the way that a real leak would take. */
export async function plantEverywhere(
  world: CanaryWorld,
  token: string,
  bundles: string,
): Promise<PlantedLeak[]> {
  const planted: PlantedLeak[] = [];
  const plant: Plant = (canary, ...sinks) => {
    planted.push({ canary, sinks });
    return canary.text;
  };
  const logged = plant(textCanary("logged"), /^standard output$/);
  process.stdout.write(`${JSON.stringify({ level: "debug", message: logged })}\n`);
  process.stderr.write(`${plant(textCanary("complained"), /^standard error$/)}\n`);
  await inRows(world, token, plant);
  await inCallsOfAws(world, plant);
  await inAHeader(world, plant(plainCanary("header"), /^replies$/));
  await fetch(`${world.sandboxUrl}/${plant(plainCanary("path"), /^ledger of the sandbox$/)}`, {
    headers: FRESH_CONNECTION,
  });
  await fetch(world.webhook.url, {
    method: "POST",
    body: plant(textCanary("message"), /^messages to a webhook$/),
    headers: FRESH_CONNECTION,
  });
  world.dying.saying(plant(textCanary("cause"), /^errors that leave a function$/));
  await world.client.send("GET", "/health");
  const upstreamApiKeySecret = plant(plainCanary("name of a secret"), /^template$/);
  const context = { upstreamUrl: "https://bank.example", upstreamApiKeySecret };
  const template = await synthesizeApart(context);
  world.book.add("template", JSON.stringify(template));
  const key = plant(textCanary("bundled"), /^bundle get-job[\\/]index\.mjs$/);
  appendFileSync(join(bundles, "get-job", "index.mjs"), `export const key=${JSON.stringify(key)};`);
  return planted;
}

/** The leaks that a search has missed, each with the sink. */
export function missedOf(planted: readonly PlantedLeak[], found: readonly Finding[]): string[] {
  return planted.flatMap(({ canary, sinks }) =>
    sinks
      .filter((sink) => !found.some((finding) => finding.canary === canary && sink.test(finding.sink)))
      .map((sink) => `${canary.name} in ${sink}`),
  );
}

type Plant = (canary: Canary, ...sinks: RegExp[]) => string;

/** In each table, and so in its files. The rows of a job and of its event are then read by the user's server. */
async function inRows(world: CanaryWorld, token: string, plant: Plant): Promise<void> {
  const visitor = new Visitor(world, token, "a job to plant in");
  const jobId = await visitor.begin(HOOLI, visitor.login("gavin"));
  await visitor.over(jobId);
  const isOfJob = ({ job }: Row) => job?.M?.["id"]?.S === jobId;
  await vi.waitUntil(async () => (await allRows()).some(({ rows }) => rows.some(isOfJob)), UNTIL_DELIVERED);
  const client = new DynamoDBClient({});
  let eventId: string | undefined;
  for (const { table, rows } of await allRows()) {
    const job = rows.find(({ pk }) => pk?.S === `job#${jobId}`);
    const event = rows.find(isOfJob);
    eventId ??= event?.["id"]?.S;
    const isRead = job !== undefined || event !== undefined;
    const sinks = [new RegExp(`^rows of ${table}$`), RAW_FILE, ...(isRead ? [/^replies$/] : [])];
    const leak = plant(textCanary(`row of ${table}`), ...sinks, ...(job === undefined ? [] : [RECORDS]));
    const steps = { L: [{ M: { title: { S: leak }, status: { S: "success" }, result: { NULL: true } } }] };
    const secret = { jobId: { S: jobId }, purpose: { S: "login" }, sealed: { S: leak } };
    const Item =
      job !== undefined ? { ...job, steps } : event !== undefined ? withSteps(event, steps) : secret;
    await client.send(new PutItemCommand({ TableName: table, Item }));
    if (job !== undefined) await vi.waitUntil(() => hasRecord(world, leak), UNTIL_DELIVERED);
  }
  client.destroy();
  await visitor.job(jobId);
  await visitor.call("GET", `/events/${eventId}`);
}

type Row = Record<string, AttributeValue>;

function withSteps(event: Row, steps: AttributeValue): Row {
  return { ...event, job: { M: { ...event["job"]?.M, steps } } };
}

function hasRecord({ book }: CanaryWorld, leak: string): boolean {
  const written = JSON.stringify(leak);
  return book.sinks().some(({ name, content }) => RECORDS.test(name) && content.includes(written));
}

async function inCallsOfAws({ system }: CanaryWorld, plant: Plant): Promise<void> {
  const kms = new KMSClient({});
  const [key] = system.deployed.keys.filter(({ spec }) => spec === "SYMMETRIC_DEFAULT");
  const purpose = plant(textCanary("encryption context"), /^calls of kms Encrypt$/);
  const sealing = { KeyId: key?.keyId, Plaintext: Buffer.from("x"), EncryptionContext: { purpose } };
  await kms.send(new EncryptCommand(sealing));
  kms.destroy();
  const states = new SFNClient({});
  const [machine] = system.deployed.stateMachines;
  const jobId = plant(textCanary("input"), STARTS, EXECUTIONS, /^histories of executions$/);
  const name = plant(plainCanary("name"), STARTS, EXECUTIONS);
  const started = { stateMachineArn: machine?.arn, name, input: JSON.stringify({ jobId }) };
  await states.send(new StartExecutionCommand(started));
  states.destroy();
}

async function inAHeader({ book, register, apiKey }: CanaryWorld, leak: string): Promise<void> {
  const { url, close } = await listenLocally(
    createServer((_, response) => response.setHeader("x-leak", leak).end()),
  );
  await canaryClient({ apiUrl: url, apiKey, book, register }).send("GET", "/");
  await close();
}
