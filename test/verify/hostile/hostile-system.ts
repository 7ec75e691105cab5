import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";
import * as z from "zod";
import { testMessagesReply } from "../../../functions/http/reply-schemas.ts";
import { isFinished } from "../../../functions/jobs/domain/job.ts";
import { parseJobRecord } from "../../../functions/jobs/store/job-record.ts";
import { endpointOf, ROUTES } from "../../../functions/routes.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import { connectionOf } from "../../journeys/calls.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { startForTests } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { dataDirectory } from "../support/data-directory.ts";
import { HANGS_AFTER_MS } from "./attack.ts";
import { type HostileRequest, overHttp } from "./hostile-requests.ts";
import type { Random } from "./odd-bodies.ts";
import { exchange, repliesIn } from "./raw-exchange.ts";
import { type Known, type ValidRequest, validRequests } from "./valid-requests.ts";
import { storedRows } from "./watched-process.ts";

const BANKS: { [id: string]: string } = { AU00000: "user", AU00002: "user-mfa" };
const result = { type: "link", url: "/users/u/connections/quick" };
const challenge = { type: "mfa", method: "token", description: "A code", input: ["Code"], expiryMs: 900_000 };
const VERIFIED = { title: "verify-credentials", status: "success", result };
const DONE = ["retrieve-accounts", "retrieve-transactions"].map((title) => ({ ...VERIFIED, title }));
const ASKING = { title: "mfa-challenge", status: "in-progress", result: challenge };
const UNKNOWN = { data: [{ code: "resource-not-found", title: "Not found", detail: "Not found." }] };

/** An upstream without memory, whose jobs are done or at their challenge immediately. */
async function quickUpstream() {
  let jobs = 0;
  let received: string[] | undefined;

  async function answer(request: IncomingMessage): Promise<[status: number, body: object]> {
    const body = await text(request);
    const { method = "", url = "" } = request;
    received?.push(`${method} ${url}`);
    if (url === "/token") return [200, { access_token: "token", expires_in: 3600 }];
    const [, collection, id = "", inside, connectionId] = url.split("/");
    if (collection === "institutions" && Object.hasOwn(BANKS, id))
      return [200, { id, authorization: BANKS[id], status: "operational" }];
    if (collection === "institutions") return [404, UNKNOWN];
    if (method === "POST") {
      jobs += 1;
      // A 200 would name a job that was there before.
      return [202, { type: "job", id: `${body.includes("AU00002") ? "asking" : "done"}-${jobs}` }];
    }
    const others = id.startsWith("asking") ? [ASKING] : DONE;
    if (collection === "jobs") return [200, { type: "job", id, steps: [VERIFIED, ...others] }];
    if (inside?.startsWith("jobs")) return [200, { data: [] }];
    const connection = { id: "quick", status: "active", institution: { id: "AU00000" } };
    if (connectionId === undefined) return [200, { data: [connection] }];
    return connectionId === "quick" ? [200, connection] : [404, UNKNOWN];
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => response.writeHead(status).end(JSON.stringify(body)),
      () => response.destroy(),
    );
  });
  return {
    ...(await listenLocally(server)),
    /** The method and the target of each request that arrives from now on. */
    received: (): readonly string[] => {
      received = [];
      return received;
    },
  };
}

const entryModule = z.object({
  handler: z.custom<(event: unknown) => Promise<unknown>>((value) => typeof value === "function"),
});
const functionResult = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

export type Reply = z.infer<typeof functionResult>;

/** A challenge of 15 minutes is longer than any run. */
const TIME_SCALE = 4;

/** Several, because the posts of each user are limited. */
const USERS = 12;

/** Local mode with an upstream that replies at once. Each user has a job that is done, and one at its challenge. */
export function hostileSystem() {
  const dataDir = dataDirectory();
  let system: LocalSystem | undefined;
  let upstream: Awaited<ReturnType<typeof quickUpstream>> | undefined;
  let token = "";
  const knowns: Known[] = [];
  const handlers = new Map<string, z.infer<typeof entryModule>["handler"]>();

  beforeAll(async () => {
    upstream = await quickUpstream();
    system = await startForTests(TIME_SCALE, { upstreamUrl: upstream.url, dataDir });
    for (const { entry } of system.deployed.functions) {
      const loaded: unknown = await import(new URL(`../../../${entry}`, import.meta.url).href);
      handlers.set(entry.replace(/^.*\/|\.lambda\.ts$/g, ""), entryModule.parse(loaded).handler);
    }
    // This upstream never decides on an answer.
    process.env["ANSWER_WAIT_SECONDS"] = "1";
    token = await new MobileBackend(targetOf(system)).token();
    const webhook = await knownWebhook(system, token);
    for (let user = 0; user < USERS; user++) knowns.push(...(await knownOf(system, token, webhook)));
  });
  afterAll(async () => {
    await system?.close();
    await upstream?.close();
  });

  return {
    token: () => token,
    apiUrl: () => system?.apiUrl ?? unstarted(),
    receivedUpstream: (): readonly string[] => upstream?.received() ?? unstarted(),
    knownIds: () => knowns.map(({ jobId }) => jobId),
    valid: (): ValidRequest[] => knowns.flatMap((known) => validRequests(known, false)),
    /** Of a user whom nobody knows yet, for what one of the others has. */
    validOfNew: (userId: string, random: Random): ValidRequest[] =>
      validRequests({ ...random.pick(knowns), userId }, true),
    /** Into the function, as API Gateway would. */
    async send(request: HostileRequest): Promise<Reply> {
      const { route } = request;
      const handler = handlers.get(route === "refuse" ? route : endpointOf(route)) ?? unstarted();
      return functionResult.parse(await handler(eventOf(request, request.mark.length % 2 === 0)));
    },
    /** Through the gateway of local mode. */
    async sendOverHttp(request: HostileRequest): Promise<Reply> {
      const { text } = await exchange(system?.apiUrl ?? unstarted(), overHttp(request), HANGS_AFTER_MS);
      const [first] = repliesIn(text, { toHead: request.method === "HEAD" });
      if (first === undefined) throw new Error("No reply.");
      return { statusCode: first.status, headers: { all: first.headers }, body: first.body };
    },
  };
}

type KnownWebhook = Pick<Known, "webhookId" | "messageId">;

async function knownWebhook(system: LocalSystem, token: string): Promise<KnownWebhook> {
  const backend = new MobileBackend(targetOf(system), undefined, token);
  const url = "https://known-receiver.invalid/jobs";
  await backend.call("POST", "/notifications/webhooks", { url, subscribedEvents: "webhook.failing" });
  const test = { eventTypeId: "webhook.failing" };
  const { json } = await backend.call("POST", "/notifications/messages/test", test);
  const [message] = testMessagesReply.parse(json).data;
  return { webhookId: message?.webhookId ?? "", messageId: message?.id ?? "" };
}

async function knownOf(system: LocalSystem, token: string, webhook: KnownWebhook): Promise<Known[]> {
  const backend = new MobileBackend(targetOf(system), undefined, token);
  const { userId } = backend;
  const done = await backend.startJob(HOOLI, LOGINS.gavin);
  const connectionId = await connectionOf(backend, done);
  const [event] = await eventsUntil(backend, "succeeded");
  const eventId = event?.id ?? "";
  const asking = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(asking);
  return [
    { ...webhook, userId, connectionId, eventId, jobId: done, institutionId: HOOLI },
    { ...webhook, userId, connectionId, eventId, jobId: asking, institutionId: PIED_PIPER },
  ];
}

function unstarted(): never {
  throw new Error("Local mode has not started.");
}

/** Payload format 2.0. Bytes that are not UTF-8 are always in base64. */
function eventOf(
  { route, method, path, parameters, query, headers, body }: HostileRequest,
  inBase64: boolean,
): object {
  const bytes = Buffer.from(body ?? "", "base64");
  const isText = !inBase64 && Buffer.from(bytes.toString()).equals(bytes);
  return {
    version: "2.0",
    routeKey: route === "refuse" ? "$default" : `${ROUTES[route].method} ${ROUTES[route].path}`,
    rawPath: path,
    rawQueryString: query,
    headers,
    pathParameters: parameters,
    requestContext: { http: { method } },
    ...(body !== undefined && { body: isText ? bytes.toString() : body, isBase64Encoded: !isText }),
  };
}

/** Rows of webhooks stay after the requests that made them. */
const OF_WEBHOOKS = ["webhooks", "webhook-state", "message", "order", "upstream-message"];
/** The attempts of all jobs make these rows, which name no job. */
const OF_BANKS = ["institution", "institution-traffic"];

/**
 * The rows that no accepted request explains, and the jobs that are still worked on. `ids` are the jobs and links that replies have named.
 * A reservation for several jobs has an id of its own, and the stored reply.
 */
export async function leftovers(
  ids: ReadonlySet<string>,
): Promise<{ working: string[]; unexplained: string[] }> {
  const { jobs, secrets, events } = await storedRows();
  const isExplained: { [kind: string]: (row: (typeof jobs)[number]) => boolean } = {
    job: (row) => ids.has(String(row["id"])),
    claim: (row) => ids.has(String(row["jobId"])),
    link: (row) => ids.has(String(row["hash"])),
    idempotency: (row) => typeof row["reply"] === "string",
    "api-key": () => true,
    rate: () => true,
    // The users who are erased are made up.
    erased: () => true,
  };
  const kindOf = (row: (typeof jobs)[number]) => String(row["pk"]).split("#")[0] ?? "";
  // Events about users that were deleted, and about webhooks, have no job.
  const isOfJob = (row: (typeof events)[number]) =>
    row["path"] !== undefined || ids.has(String(Object(row["job"]).id));
  const rows = [
    ...jobs.filter((row) => !isExplained[kindOf(row)]?.(row)),
    ...events.filter(
      (row) => !["erased", ...OF_WEBHOOKS, ...OF_BANKS].includes(kindOf(row)) && !isOfJob(row),
    ),
  ].map(({ pk }) => String(pk));
  const open = jobs
    .filter((row) => kindOf(row) === "job")
    .map(parseJobRecord)
    .filter((job) => !isFinished(job));
  const lost = secrets
    .filter(({ purpose }) => !String(purpose).startsWith("webhook-"))
    .filter(({ linkHash }) => !ids.has(String(linkHash)))
    .filter(({ jobId }) => !open.some(({ id }) => id === jobId));
  return {
    // A job at its challenge waits for its user.
    working: open.filter(({ phase }) => phase !== "awaiting-answer").map(({ id }) => id),
    unexplained: [...rows, ...lost.map(({ jobId }) => `secret of ${jobId}`)],
  };
}
