import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { dynamoApiKeyRegister } from "../../../functions/access/api-key-register.ts";
import {
  authLinkReply,
  errorReply,
  eventListReply,
  eventReply,
  eventTypeListReply,
  eventTypeReply,
  healthReply,
  institutionHealthReply,
  jobListReply,
  jobReply,
  replayReply,
  stubListReply,
  stubReply,
  testMessagesReply,
  tokenReply,
  webhookListReply,
  webhookMessageListReply,
  webhookMessageReply,
  webhookReply,
  webhookWithSecretReply,
} from "../../../functions/http/reply-schemas.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { connected } from "../../journeys/calls.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import type { Target } from "../../journeys/target.ts";
import { expectDescribed } from "../../support/described-reply.ts";
import { Elsewhere } from "../adopt/elsewhere.ts";
import { type Cell, REFUSALS, SUCCESSES } from "./page.ts";
import { accessCredentials, deployedParts, tokenMaker } from "./tokens.ts";

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
  const firstEventOf = async (backend: MobileBackend) =>
    (await eventsUntil(backend, "succeeded"))[0]?.id ?? "";
  const events = {
    own: await firstEventOf(backends.own),
    "other's": await firstEventOf(backends["other's"]),
  };
  await backends.own.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const [upstreamJobId = ""] = await new Elsewhere(backends.own).jobs();
  const keys = new Map([
    ["API key", `Basic ${target.apiKey}`],
    ["another API key", `Basic ${randomUUID()}`],
    ["API key after Bearer", `Bearer ${target.apiKey}`],
    ["API key and more", `Basic ${target.apiKey} ${target.apiKey}`],
    ["revoked API key", `Basic ${await revokedKey(jobsTable)}`],
  ]);
  const queued = new Map<Owner, string>();
  const webhooks = new Map<Owner, Webhook>();
  for (const owner of OWNERS) webhooks.set(owner, await newWebhook(backends.own));

  return {
    credentials: new Map([...credentials, ...keys]),
    userOf: (owner: Owner) => backends[owner].userId,
    connectionOf: (owner: Owner) => connections[owner],
    eventOf: (owner: Owner) => events[owner],
    /** The aggregator's id of a job of the user of _own_. */
    upstreamJobId,

    /** Makes sure that a user has a link. */
    async makeLink(owner: Owner): Promise<void> {
      await backends[owner].call("POST", `/users/${backends[owner].userId}/auth_link`, {});
    },

    /** A webhook with a message, until it is deleted. */
    async webhookOf(owner: Owner): Promise<Webhook> {
      const webhook = webhooks.get(owner) ?? (await newWebhook(backends.own));
      webhooks.set(owner, webhook);
      return webhook;
    },

    /** Deletes a webhook that a request has made, or forgets one that a request has deleted. */
    async removeWebhook(id: string): Promise<void> {
      await backends.own.call("DELETE", `/notifications/webhooks/${id}`);
      for (const [owner, webhook] of webhooks) if (webhook.id === id) webhooks.delete(owner);
    },

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

interface Webhook {
  id: string;
  messageId: string;
}

const OWNERS: readonly Owner[] = ["own", "other's"];

async function newWebhook(backend: MobileBackend): Promise<Webhook> {
  const { json: made } = await backend.call("POST", "/notifications/webhooks", webhookBody());
  const { id } = webhookWithSecretReply.parse(made);
  const { json: sent } = await backend.call("POST", "/notifications/messages/test", TEST);
  const message = testMessagesReply.parse(sent).data.find(({ webhookId }) => webhookId === id);
  return { id, messageId: message?.id ?? "" };
}

const TEST = { eventTypeId: "job.created" };
const webhookBody = () => ({ url: `https://receiver.example/${randomUUID()}` });

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

/** A request of a cell, and the job that it is about, if any. */
export interface Prepared {
  asked: Asked;
  jobId: string | undefined;
}

const ANSWER = "POST /jobs/{jobId}/mfa";
const NEVER_AN_ID = "not.an.id";

const BODIES: { readonly [route: string]: (world: AccessWorld) => object } = {
  "POST /users/{userId}/jobs": ({ upstreamJobId }) => ({ jobIds: [upstreamJobId] }),
  "POST /users/{userId}/connections": () => ({ ...LOGINS.gavin, institution: { id: HOOLI_GOV } }),
  "POST /users/{userId}/connections/{connectionId}": () => LOGINS.gavin,
  [ANSWER]: () => ({ "mfa-response": ["1234"] }),
  "POST /notifications/webhooks": webhookBody,
  "POST /notifications/webhooks/{webhookId}": webhookBody,
  "POST /notifications/webhooks/{webhookId}/replay": () => ({
    from: "2026-01-05T09:00:00Z",
    to: "2026-01-05T10:00:00Z",
  }),
  "POST /notifications/messages/test": () => TEST,
};

const FORMS: { readonly [target: string]: Record<string, string> } = {
  SERVER: { scope: "SERVER_ACCESS" },
  "CLIENT, a user": { scope: "CLIENT_ACCESS", userId: "ea3a81" },
  "CLIENT, nobody": { scope: "CLIENT_ACCESS" },
  "CLIENT, malformed user": { scope: "CLIENT_ACCESS", userId: NEVER_AN_ID },
  "another scope": { scope: "ADMIN_ACCESS" },
  "no version": { scope: "SERVER_ACCESS" },
};

/** Everything of the cell in place, and the request that it stands for. */
export async function accessRequest(world: AccessWorld, cell: Cell): Promise<Prepared> {
  const [method = "", pattern = ""] = cell.route.split(" ");
  const authorization = credentialOf(world, cell.credential);
  if (cell.route === "POST /token") {
    const version = cell.target === "no version" ? {} : { "basiq-version": "3.0" };
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const headers = { ...authorization, ...version, ...type };
    return {
      asked: { method, path: pattern, headers, body: String(new URLSearchParams(FORMS[cell.target])) },
      jobId: undefined,
    };
  }
  const [first = "", second = ""] = cell.target.split(" / ");
  const jobId = pattern.includes("{jobId}") ? await jobFor(world, cell) : undefined;
  const path = pattern
    .replace("{userId}", idOf(first, world.userOf))
    .replace("{connectionId}", idOf(second, world.connectionOf))
    .replace("{jobId}", jobId ?? "")
    .replace("{webhookId}", await webhookFor(world, first, "id"))
    .replace("{messageId}", await webhookFor(world, second, "messageId"))
    .replace("{eventId}", eventFor(world, first))
    .replace(
      "{institutionId}",
      idOf(first, (owner) => BANKS[owner]),
    )
    .replace("{eventTypeId}", EVENT_TYPES[first] ?? NEVER_AN_ID);
  if (pattern.endsWith("/auth_link") && cell.reply === "yes") await world.makeLink(ownerIn(first));
  const { type, body } = bodyOf(world, cell);
  const headers = { ...authorization, ...(type !== undefined && { "content-type": type }) };
  return { asked: { method, path, headers, ...(body !== undefined && { body }) }, jobId };
}

function ownerIn(target: string): Owner {
  return target === "own" ? "own" : "other's";
}

async function webhookFor(world: AccessWorld, target: string, field: keyof Webhook): Promise<string> {
  const isKnown = target === "own" || target === "other's";
  return isKnown ? (await world.webhookOf(target))[field] : idOf(target, String);
}

/** Banks belong to nobody. */
const BANKS = { own: HOOLI_GOV, "other's": PIED_PIPER };

const EVENT_TYPES: { readonly [target: string]: string } = {
  own: "job.created",
  "other's": "job.failed",
  unknown: "job.unknown",
};

function eventFor(world: AccessWorld, target: string): string {
  return target === "unknown" ? "0".repeat(64) : idOf(target, world.eventOf);
}

/** The header of a credential; none for the one that is no token. */
export function credentialOf(world: AccessWorld, name: string): Record<string, string> {
  if (!world.credentials.has(name)) throw new Error(`The page has a credential that is none: ${name}`);
  const authorization = world.credentials.get(name);
  return authorization === undefined ? {} : { authorization };
}

function idOf(target: string, owned: (owner: Owner) => string): string {
  if (target === "own" || target === "other's") return owned(target);
  return target === "unknown" ? randomUUID() : NEVER_AN_ID;
}

/** A challenge does not wait for the whole of a walk: it is there where the page says that it is answered. */
async function jobFor(world: AccessWorld, { route, target, reply }: Cell): Promise<string> {
  if (target !== "own" && target !== "other's") return idOf(target, String);
  return route === ANSWER && reply === "yes" ? world.askedJob(target) : world.queuedJob(target);
}

function bodyOf(world: AccessWorld, { route, body: wrong }: Cell): { type?: string; body?: string } {
  const right = BODIES[route]?.(world);
  switch (wrong) {
    case "not JSON":
      return { type: "application/json", body: '{"loginId":' };
    case "not JSON, of another type":
      return { type: "text/plain", body: '{"loginId":' };
    case "too large":
      return { type: "application/json", body: JSON.stringify({ ...right, padding: "x".repeat(17_000) }) };
    case undefined:
      return right === undefined ? {} : { type: "application/json", body: JSON.stringify(right) };
    default:
      throw new Error(`The page has a body that is none: ${wrong}`);
  }
}

export interface Asked {
  /** The aggregator's reply is made up, so the document does not describe it. */
  isMadeUp?: true;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Answered {
  status: number;
  /** All that two replies can differ in, but for what is of one request: its correlation id, its date. */
  bytes: string;
  /** The methods in the `Allow` header. */
  allow: string;
  json: unknown;
}

/** Headers that differ from reply to reply: of the connection, which a server may close at any time, and those with which a deployed gateway names the request. */
const OF_ONE_REQUEST = /^(connection|keep-alive|date|.*request-?id|x-amzn-.*|apigw-.*)$/;

export async function ask(
  { apiUrl }: Target,
  { method, path, headers, body, isMadeUp }: Asked,
): Promise<Answered> {
  const init = { method, ...(headers && { headers }), ...(body !== undefined && { body }) };
  const response = await fetch(`${apiUrl}${path}`, init);
  const text = await response.text();
  const stored = [...response.headers].filter(([name]) => !OF_ONE_REQUEST.test(name));
  const json: unknown = text === "" ? undefined : JSON.parse(text);
  if (method !== "HEAD" && !isMadeUp) expectDescribed(method, path, response.status, json);
  const error = errorReply.safeParse(json);
  const same = error.success ? text.replace(error.data.correlationId, "") : text;
  const allow = response.headers.get("allow") ?? "";
  return { status: response.status, bytes: JSON.stringify([response.status, stored, same]), allow, json };
}

const SHAPES: { readonly [name: string]: { safeParse(json: unknown): { success: boolean } } } = {
  token: tokenReply,
  "job stub": stubReply,
  job: jobReply,
  "auth link": authLinkReply,
  "list of job stubs": stubListReply,
  "list of jobs": jobListReply,
  "list of events": eventListReply,
  event: eventReply,
  "list of event types": eventTypeListReply,
  "event type": eventTypeReply,
  webhook: webhookReply,
  "webhook with secret": webhookWithSecretReply,
  "list of webhooks": webhookListReply,
  "list of messages": webhookMessageListReply,
  message: webhookMessageReply,
  "test messages": testMessagesReply,
  replay: replayReply,
  health: healthReply,
  "health of a bank": institutionHealthReply,
  document: z.looseObject({ openapi: z.literal("3.1.1") }),
  nothing: z.undefined(),
};

/** A reply in the words of the page; more than that where the page has none for it. */
export function inWords(route: string, { status, json }: Answered): string {
  const success = SUCCESSES.get(route)?.get(status);
  if (success !== undefined && SHAPES[success]?.safeParse(json).success) return "yes";
  // A reply to HEAD has no body, so the status has to do.
  if (route.startsWith("HEAD ") && json === undefined) return String(status);
  const error = errorReply.safeParse(json);
  if (!error.success) return `${status} ${JSON.stringify(json)}`;
  const codes = new Set(error.data.data.map(({ code }) => code));
  const found = [...REFUSALS].filter(([, refusal]) => refusal.status === status && codes.has(refusal.code));
  const [[word] = []] = found;
  return codes.size === 1 && found.length === 1 && word !== undefined
    ? word
    : `${status} ${[...codes].join()}`;
}
