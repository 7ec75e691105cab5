import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { listenLocally } from "../../infra/local/listen-locally.ts";
import { synthesizeApart } from "../../infra/local/template-process.ts";
import { HOOLI } from "../journeys/logins.ts";
import { allRows } from "../support/all-rows.ts";
import { type Canary, plainCanary, textCanary } from "./canary.ts";
import { canaryClient } from "./canary-client.ts";
import type { CanaryWorld } from "./canary-world.ts";
import { Visitor } from "./visitor.ts";
import { bundleSinks } from "./world-sinks.ts";

/** A leak of its own in everything that is searched, by the way that a leak would take. */
export async function plantEverywhere(world: CanaryWorld, token: string) {
  const planted: Canary[] = [];
  const plant = (canary: Canary) => {
    planted.push(canary);
    return canary.text;
  };
  process.stdout.write(`${JSON.stringify({ level: "debug", message: plant(textCanary("said")) })}\n`);
  process.stderr.write(`${plant(textCanary("complained"))}\n`);
  await inRows(world, token, plant);
  await inCallsOfAws(world, plant);
  await inAHeader(world, plant(plainCanary("header")));
  await fetch(`${world.sandboxUrl}/${plant(plainCanary("path"))}`);
  world.dying.saying(plant(textCanary("cause")));
  await world.client.send("GET", "/health");
  const context = {
    upstreamUrl: "https://bank.example",
    upstreamApiKeySecret: plant(plainCanary("name of a secret")),
  };
  world.book.add("template", JSON.stringify(await synthesizeApart(context)));
  const inBundle = `export const key=${JSON.stringify(plant(textCanary("bundled")))};`;
  const bundles = await bundleSinks((folder) =>
    appendFileSync(join(folder, "get-job", "index.mjs"), inBundle),
  );

  const where = [
    /^bundle get-job/,
    /^template$/,
    /^standard output$/,
    /^standard error$/,
    /^rows of TablesJobs/,
    /^rows of TablesSecrets/,
    /^dynamodb[\\/].+\.log$/,
    /^replies$/,
    /^calls of kms Encrypt$/,
    /^calls of states StartExecution$/,
    /^executions\.jsonl$/,
    /^histories of executions$/,
    /^errors that leave a function$/,
    /^ledger of the sandbox$/,
    /^sandbox\.json$/,
  ];
  return { planted, where, bundles };
}

type Plant = (canary: Canary) => string;

/** In each table, and so in its files; a job's is then read by its user. */
async function inRows(world: CanaryWorld, token: string, plant: Plant): Promise<void> {
  const visitor = new Visitor(world, token, "a job to plant in");
  const jobId = await visitor.begin(HOOLI, visitor.login("gavin"));
  await visitor.over(jobId);
  const client = new DynamoDBClient({});
  for (const { table, rows } of await allRows()) {
    const isJobs = rows.some(({ pk }) => pk !== undefined);
    const job = rows.find(({ pk }) => pk?.S === `job#${jobId}`);
    const leak = plant(textCanary(`row of ${table}`));
    const steps = { L: [{ M: { title: { S: leak }, status: { S: "success" }, result: { NULL: true } } }] };
    const Item = isJobs
      ? { ...job, steps }
      : { jobId: { S: jobId }, purpose: { S: "login" }, sealed: { S: leak } };
    await client.send(new PutItemCommand({ TableName: table, Item }));
  }
  client.destroy();
  await visitor.job(jobId);
}

async function inCallsOfAws({ system }: CanaryWorld, plant: Plant): Promise<void> {
  const kms = new KMSClient({});
  const [key] = system.deployed.keys.filter(({ spec }) => spec === "SYMMETRIC_DEFAULT");
  const EncryptionContext = { purpose: plant(textCanary("encryption context")) };
  await kms.send(new EncryptCommand({ KeyId: key?.keyId, Plaintext: Buffer.from("x"), EncryptionContext }));
  kms.destroy();
  const states = new SFNClient({});
  const [machine] = system.deployed.stateMachines;
  const input = JSON.stringify({ jobId: plant(textCanary("input")) });
  const name = plant(plainCanary("name"));
  await states.send(new StartExecutionCommand({ stateMachineArn: machine?.arn, name, input }));
  states.destroy();
}

async function inAHeader({ book, register, apiKey }: CanaryWorld, leak: string): Promise<void> {
  const { url, close } = await listenLocally(
    createServer((_, response) => response.setHeader("x-leak", leak).end()),
  );
  await canaryClient({ apiUrl: url, apiKey, book, register }).send("GET", "/");
  await close();
}
