import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { connected } from "../journeys/calls.ts";
import { HOOLI_GOV, LOGINS, PIED_PIPER } from "../journeys/logins.ts";
import { MobileBackend } from "../journeys/mobile-backend.ts";
import { untilQueued } from "../journeys/queued.ts";
import type { Target } from "../journeys/target.ts";
import { accessCredentials } from "./access-credentials.ts";
import { deployedParts } from "./deployed-parts.ts";
import { tokenMaker } from "./token-maker.ts";

export type Owner = "own" | "other's";

export type AccessWorld = Awaited<ReturnType<typeof accessWorld>>;

/** Two users with a connection and a queued job each at a bank that is down, and every credential of the page. */
export async function accessWorld(target: Target) {
  const backends = { own: new MobileBackend(target), "other's": new MobileBackend(target) };
  const { signingKeyId, jobsTable } = await deployedParts();
  const owners = { own: backends.own.userId, stranger: randomUUID() };
  const credentials = await accessCredentials(backends.own, tokenMaker(signingKeyId), owners);
  const connections = {
    own: await connected(backends.own, HOOLI_GOV, LOGINS.gavin),
    "other's": await connected(backends["other's"], HOOLI_GOV, LOGINS.ash),
  };
  await backends.own.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const keys = new Map([
    ["API key", `Basic ${target.apiKey}`],
    ["another API key", `Basic ${randomUUID()}`],
    ["API key after Bearer", `Bearer ${target.apiKey}`],
    ["API key and more", `Basic ${target.apiKey} ${target.apiKey}`],
    ["revoked API key", `Basic ${await revokedKey(jobsTable)}`],
  ]);
  const queued = new Map<Owner, string>();

  return {
    credentials: new Map([...credentials, ...keys]),
    userOf: (owner: Owner) => backends[owner].userId,
    connectionOf: (owner: Owner) => connections[owner],

    /** A job that waits in the queue, until it is done with. */
    async queuedJob(owner: Owner): Promise<string> {
      const jobId = queued.get(owner) ?? (await startQueued(backends[owner]));
      queued.set(owner, jobId);
      return jobId;
    },

    /** A job whose user is asked right now. */
    async askedJob(owner: Owner): Promise<string> {
      const jobId = await backends[owner].startJob(PIED_PIPER, LOGINS.jared);
      await backends[owner].untilAsked(jobId);
      return jobId;
    },

    /** Ends a job that a request got through to. */
    async finish(jobId: string): Promise<void> {
      await backends.own.call("DELETE", `/jobs/${jobId}`);
      for (const [owner, id] of queued) if (id === jobId) queued.delete(owner);
    },
  };
}

/** One that is there already does as well. */
async function startQueued(backend: MobileBackend): Promise<string> {
  const { json } = await backend.connect(HOOLI_GOV, LOGINS.gavin);
  const jobId = String(Reflect.get(Object(json), "id"));
  await untilQueued(backend, jobId);
  return jobId;
}

async function revokedKey(tableName: string): Promise<string> {
  const client = new DynamoDBClient({});
  const register = dynamoApiKeyRegister(client, tableName);
  const key = randomUUID();
  const { hash } = await register.add(new Secret(key), "revoked", new Date());
  await register.revoke(hash, new Date());
  client.destroy();
  return key;
}
