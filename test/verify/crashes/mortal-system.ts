import { AsyncLocalStorage } from "node:async_hooks";
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { buffer } from "node:stream/consumers";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { afterAll, beforeAll, inject, vi } from "vitest";
import * as z from "zod";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { parseJobRecord } from "../../../functions/jobs/store/job-record.ts";
import { hashOf } from "../../../functions/links/domain/hashes.ts";
import { sessionKeyIn } from "../../../functions/links/domain/session.ts";
import type { Around } from "../../../infra/local/function-host.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { readLocalSettings } from "../../../infra/local/local-settings.ts";
import { type LocalSystem, startLocal } from "../../../infra/local/start-local.ts";
import { parseTemplate } from "../../../infra/local/template/template.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { API_KEY } from "../../journeys/start-for-tests.ts";
import { ANY_UPSTREAM } from "../../journeys/synthesize-once.ts";
import type { Target } from "../../journeys/target.ts";
import { type AwsCall, readRequest } from "../support/aws-recorder.ts";
import { callingFunctions } from "../support/calling-functions.ts";

/** The end of a process, just before or just after one of its effects. */
export interface Crash {
  /** The function and the effect: `open-connection PutItem job opening`. */
  effect: string;
  /** The number of the effect among those with its name, from 1. */
  nth: number;
  when: "before" | "after";
}

/** One run of a scenario by a user of its own, and what came of it. */
export interface Cell {
  userId: string;
  /** What is to happen, in this order. */
  crashes: readonly Crash[];
  /** How many of them have happened. */
  met: number;
  /** In their order, including those that a crash prevented. */
  effects: string[];
  /** Its jobs, including those that were removed. */
  jobIds: Set<string>;
  /** Every version of its jobs, as it was written. */
  written: Job[];
  /** Its posts to upstream that upstream did not refuse. */
  taken: string[];
}

/** Notes an effect, and says whether the process is to end with it. */
function meet(cell: Cell, effect: string): Crash["when"] | undefined {
  cell.effects.push(effect);
  const next = cell.crashes[cell.met];
  const count = cell.effects.filter((name) => name === effect).length;
  if (next === undefined || next.effect !== effect || count < next.nth) return undefined;
  cell.met += 1;
  return next.when;
}

const text = z.object({ S: z.string() });
const item = z.object({
  pk: text.optional(),
  purpose: text.optional(),
  phase: text.optional(),
  steps: z.object({ L: z.array(z.object({ M: z.object({ title: text, status: text }) })) }).optional(),
});
const eventRow = z.object({ pk: text, typeId: text });
const messageRow = z.object({ pk: text, id: text, endpointId: text, path: text, typeId: text });
const dynamoRequest = z.object({
  Item: item.optional(),
  Key: item.optional(),
  UpdateExpression: z.string().optional(),
});
const linkRow = z.object({ hash: text, userId: text });
const jobRow = z.object({ pk: text, id: text, userId: text });
/** A secret of a job: that of a link lives as long as the link. */
const secretRow = z.object({ jobId: z.object({ S: z.uuid() }), purpose: text });
const itemIn = z.object({ Item: z.record(z.string(), z.custom<AttributeValue>()) });

const WRITES = ["PutItem", "UpdateItem", "DeleteItem"];
const STATES = ["StartExecution", "StopExecution", "SendTaskSuccess"];

/** The type of the event of a message, by the key of the message. */
type TypeOf = (pk: string) => string | undefined;

/**
 * What a call of AWS changes, in words that are the same for each job. Reads, the counts of requests, and how receivers and
 * banks do are no effects: the attempts of other users change them too.
 */
function effectOnAws({ service, operation, request }: AwsCall, typeOf: TypeOf): string | undefined {
  if (service === "lambda") return "invocation";
  if (service === "states" && STATES.includes(operation)) return operation;
  if (service !== "dynamodb" || !WRITES.includes(operation)) return undefined;
  const { Item, Key, UpdateExpression } = dynamoRequest.parse(request);
  const pk = (Item ?? Key)?.pk?.S ?? "";
  if (/^(webhook-state|institution|institution-traffic)#/.test(pk)) return undefined;
  if (pk.startsWith("message#")) {
    const what = UpdateExpression?.startsWith("SET #next") ? "link of message" : "message";
    return `${operation} ${what} ${typeOf(pk)}`;
  }
  const update = UpdateExpression === undefined ? "" : ` ${UpdateExpression.split(" ")[0]}`;
  const event = eventRow.safeParse(request["Item"]).data;
  const subject = event === undefined ? subjectOf(Item ?? Key ?? {}) : `event ${event.typeId.S}`;
  return subject === "rate" ? undefined : `${operation} ${subject}${update}`;
}

function subjectOf({ pk, purpose, phase, steps }: z.infer<typeof item>): string {
  if (purpose !== undefined) return `secret ${purpose.S}`;
  const [kind = "", , on] = (pk?.S ?? "").split("#");
  if (phase === undefined) return kind === "claim" && on === "connection" ? "claim on a connection" : kind;
  const current = steps?.L.find(({ M }) => /pending|in-progress/.test(M.status.S));
  return phase.S === "following" ? `${kind} following, at ${current?.M.title.S}` : `${kind} ${phase.S}`;
}

const ID = /\/(users|connections|jobs|institutions)\/(?!refresh)[^/]+/g;

/** A call of upstream, with `*` for every id. */
function callUpstream(method: string, path: string): string {
  return `${method} ${path.replaceAll(ID, "/$1/*")}`;
}

/** One invocation of a function, whose process a test may end. */
interface Life {
  /** Such as `create-connection`; `task` for those that follow a job, because which of them does something depends on the time. */
  entry: string;
  /** What its event says about its user and job. */
  about: {
    userId?: string | undefined;
    jobId?: string | undefined;
    taskToken?: string | undefined;
    messageId?: string | undefined;
    linkHash?: string | undefined;
  };
  isOver: boolean;
  /** From now on it has no effect, and its caller gets the error that Lambda gives for an ended process. */
  end(): void;
}

const taskEvent = z.object({ jobId: z.string(), taskToken: z.string().optional() });
const streamEvent = z
  .object({ Records: z.tuple([z.object({ dynamodb: z.object({ Keys: z.object({ pk: text }) }) })]) })
  .transform(({ Records: [{ dynamodb }] }) => ({ jobId: dynamodb.Keys.pk.S.replace("job#", "") }));
const wakeEvent = z
  .object({ messages: z.array(z.object({ id: z.string() })).min(1) })
  .transform(({ messages: [first] }) => ({ messageId: first?.id }));
const apiEvent = z
  .object({
    pathParameters: z
      .object({ userId: z.string(), jobId: z.string(), linkId: z.string() })
      .partial()
      .default({}),
    cookies: z.array(z.string()).default([]),
    requestContext: z.object({ http: z.object({}) }),
  })
  .transform(({ pathParameters: { linkId, ...about }, cookies }) => {
    const ofSession = cookies.flatMap((cookie) => sessionKeyIn(cookie.replace(/^[^=]+=/, "")) ?? []);
    const linkHash = linkId === undefined ? ofSession[0]?.linkHash : hashOf(new Secret(linkId));
    return { ...about, linkHash };
  });
const FOLLOWING = ["open-connection", "follow-job", "send-answer"];

/** The workflow knows both by their names. The gateway replies 500 to either. */
const ENDS = ["Runtime.ExitError", "Sandbox.Timedout"];

/** Functions whose process may end during an invocation. */
function mortality() {
  const functions = callingFunctions();
  const current = new AsyncLocalStorage<Life>();
  const lives = new Map<number, Life>();
  let ended = 0;

  const around: Around = (entry, event, run) =>
    functions.within(entry, () => {
      const death = Promise.withResolvers<never>();
      const file = entry.replace(/^.*\/|\.lambda\.ts$/g, "");
      const wakes = wakeEvent.safeParse(event).data;
      // The same function sends new messages, and sweeps.
      const name = file === "deliver-webhooks" && wakes === undefined ? "sweep-deliveries" : file;
      const life: Life = {
        entry: FOLLOWING.includes(name) ? "task" : name,
        about:
          taskEvent.safeParse(event).data ??
          streamEvent.safeParse(event).data ??
          wakes ??
          apiEvent.safeParse(event).data ??
          {},
        isOver: false,
        end() {
          life.isOver = true;
          const name = ENDS[ended++ % ENDS.length];
          death.reject(Object.assign(new Error("As the test wants it."), { name }));
        },
      };
      lives.set(functions.invocations.length, life);
      return Promise.race([death.promise, current.run(life, () => run(event))]);
    });

  return {
    around,
    /** Whether the code that runs now is a function. */
    isRunning: () => current.getStore() !== undefined,
    /** The invocation that sent a request; undefined if a test sent it. */
    senderOf: ({ headers }: IncomingMessage) => lives.get(functions.senderOf(headers)?.number ?? 0),
    jobOfToken: (taskToken: unknown) =>
      [...lives.values()].find(({ about }) => about.taskToken === taskToken)?.about.jobId,
    close: functions.close,
  };
}

interface Reply {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** A request on its way to a server, and what forwards it. */
interface Passing {
  request: IncomingMessage;
  body: Buffer;
  perform(): Promise<Reply>;
}

/** The reply to an ended process, which the SDK does not retry. */
const NOTHING: Reply = {
  status: 400,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: Buffer.from(JSON.stringify({ __type: "ProcessHasEnded" })),
};

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

/** Notes the effects of functions for the cell that they belong to, and ends processes where the cell wants it. */
function cellWatch({ senderOf, jobOfToken }: ReturnType<typeof mortality>) {
  const cells = new Map<string, Cell>();
  /** By the ids of their jobs, and of the messages about these, and by the hashes of their links. */
  const users = new Map<string, string>();
  /** The types of the events of messages, by the keys of the messages. */
  const types = new Map<string, string>();
  const arrived: Arrived[] = [];

  function cellOf({ about, entry }: Life, call?: AwsCall): Cell | undefined {
    const jobIds = SWEEPERS.includes(entry) ? jobsIn(call) : [about.jobId, about.messageId, about.linkHash];
    const [userId = about.userId] = jobIds.flatMap((id) => users.get(id ?? "") ?? []);
    return cells.get(userId ?? "");
  }

  function jobsIn(call: AwsCall | undefined): (string | undefined)[] {
    const { taskToken, ...named } = call?.request ?? {};
    return [jobOfToken(taskToken), ...(JSON.stringify(named).match(UUID) ?? [])];
  }

  async function pass(
    life: Life,
    cell: Cell | undefined,
    effect: string | undefined,
    perform: () => Promise<Reply>,
  ) {
    if (life.isOver) return NOTHING;
    const end = cell && effect && meet(cell, `${life.entry} ${effect}`);
    const reply = end === "before" ? NOTHING : await perform();
    if (end !== undefined && end !== "") life.end();
    return reply;
  }

  async function passAws({ request, body, perform }: Passing): Promise<Reply> {
    const life = senderOf(request);
    if (life === undefined) return perform();
    const call = readRequest(request, body.toString(), undefined);
    const isPut = call.operation === "PutItem";
    const job = isPut ? jobRow.safeParse(call.request["Item"]).data : undefined;
    const secret = isPut ? secretRow.safeParse(call.request["Item"]).data : undefined;
    if (job !== undefined) users.set(job.id.S, job.userId.S);
    const link = isPut ? linkRow.safeParse(call.request["Item"]).data : undefined;
    if (link !== undefined) users.set(link.hash.S, link.userId.S);
    const message = isPut ? messageRow.safeParse(call.request["Item"]).data : undefined;
    if (message !== undefined) {
      types.set(message.pk.S, message.typeId.S);
      const userId = users.get(jobOf(message.path.S));
      if (userId !== undefined) users.set(message.id.S, userId);
    }
    const cell = cellOf(life, call);
    for (const id of [job?.id.S ?? [], secret?.jobId.S ?? []].flat()) cell?.jobIds.add(id);
    return pass(
      life,
      cell,
      effectOnAws(call, (pk) => types.get(pk)),
      async () => {
        const reply = await perform();
        if (job !== undefined && reply.status === 200)
          cell?.written.push(parseJobRecord(unmarshall(itemIn.parse(call.request).Item)));
        return reply;
      },
    );
  }

  async function passUpstream({ request, perform }: Passing): Promise<Reply> {
    const { method = "", url = "" } = request;
    const life = senderOf(request);
    if (life === undefined) return perform();
    const cell = cellOf(life);
    // A token belongs to no job.
    const effect = url === "/token" ? undefined : callUpstream(method, url);
    return pass(life, cell, effect, async () => {
      const reply = await perform();
      // A 200 names a job that was there before.
      if (method === "POST" && effect !== undefined && reply.status === 202) cell?.taken.push(effect);
      return reply;
    });
  }

  /** The receiver of webhooks: what a process that ends before it has sent its message has sent does not arrive. */
  async function passMessage({ request, body, perform }: Passing): Promise<Reply> {
    const life = senderOf(request);
    if (life === undefined) return perform();
    const { eventTypeId, eventId, links } = sentMessage.parse(JSON.parse(body.toString()));
    const jobId = jobOf(links.eventEntity);
    const cell = cells.get(users.get(jobId) ?? "");
    return pass(life, cell, `send ${eventTypeId}`, async () => {
      arrived.push({ jobId, eventId });
      return perform();
    });
  }

  const add = (cell: Cell) => void cells.set(cell.userId, cell);
  return { passAws, passUpstream, passMessage, arrived, add };
}

/** An event that arrived at the receiver of webhooks. */
export interface Arrived {
  jobId: string;
  eventId: string;
}

const SWEEPERS = ["sweep", "look-at-banks", "sweep-deliveries"];

const sentMessage = z.object({
  eventTypeId: z.string(),
  eventId: z.string(),
  links: z.object({ eventEntity: z.string() }),
});

function jobOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Listens in place of a server, and gives the reply of `meet` to each request. */
async function standBetween(origin: string, meet: (passing: Passing) => Promise<Reply>) {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const reply = await meet({ request, body, perform: () => perform(request, body) });
    response.writeHead(reply.status, reply.headers).end(reply.body);
  }

  function perform({ method, url = "/", headers }: IncomingMessage, body: Buffer): Promise<Reply> {
    const { host } = new URL(origin);
    return new Promise((resolve, reject) => {
      const sent = send(new URL(url, origin), { method, headers: { ...headers, host }, agent }, (reply) => {
        const { statusCode: status = 500, headers } = reply;
        buffer(reply).then((body) => resolve({ status, headers, body }), reject);
      });
      sent.on("error", reject).end(body);
    });
  }

  const { url, close } = await listenLocally(server);
  return { url, close: () => close().finally(() => agent.destroy()) };
}

/** Limits how many pieces of work are done at once. */
function turnsFor(atOnce: number) {
  const waiting: (() => void)[] = [];
  let working = 0;
  return async (work: () => Promise<void>): Promise<void> => {
    if (working === atOnce) await new Promise<void>((begin) => waiting.push(begin));
    else working += 1;
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) working -= 1;
      else next();
    }
  };
}

/** The bank is somewhat slower than its jobs are polled, so that each of its steps is seen. */
const BANKS_PACE = 2 / 3;

/** Enough to keep two cores busy, and few enough that nobody waits for long. */
const AT_ONCE = 20;

export interface Pace {
  timeScale: number;
  /** How many users act at once. */
  atOnce?: number;
  /** Whether a receiver of webhooks, which keeps the order of jobs, gets all events. */
  hasReceiver?: true;
}

/** Local mode, whose functions' processes end where the cells want it. */
export function mortalSystem({ timeScale, atOnce = AT_ONCE, hasReceiver }: Pace) {
  const functions = mortality();
  const { passAws, passUpstream, passMessage, arrived, add } = cellWatch(functions);
  const closers: (() => Promise<void>)[] = [];
  const logged: string[] = [];
  let started: { system: LocalSystem; target: Target } | undefined;

  async function start(): Promise<void> {
    const sandbox = await startSandbox({ port: 0, timeScale: timeScale * BANKS_PACE });
    closers.push(sandbox.close);
    const upstream = await standBetween(sandbox.url, passUpstream);
    closers.push(upstream.close);
    process.env["LOG_LEVEL"] = "error";
    const system = await startLocal(
      readLocalSettings({
        ...{ PORT: "0", LOCAL_API_KEY: API_KEY, TIME_SCALE: String(timeScale) },
        ...{ UPSTREAM_URL: upstream.url, UPSTREAM_API_KEY: "sandbox" },
      }),
      {
        // A function that ran earlier would know the addresses of the services themselves.
        around: async (...invocation) => started && functions.around(...invocation),
        synthesize: async ({ upstreamUrl }) =>
          parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, upstreamUrl))),
      },
    );
    closers.push(system.close);
    for (const [name, origin = ""] of Object.entries(process.env)) {
      if (!name.startsWith("AWS_ENDPOINT_URL_")) continue;
      const between = await standBetween(origin, passAws);
      closers.push(between.close);
      process.env[name] = between.url;
    }
    started = { system, target: { apiUrl: system.apiUrl, sandboxUrl: sandbox.url, apiKey: API_KEY } };
    if (hasReceiver) await receive(started.target);
  }

  async function receive(target: Target): Promise<void> {
    const receiver = await listenLocally(createServer((_, response) => response.end()));
    closers.push(receiver.close);
    const { url, close } = await standBetween(receiver.url, passMessage);
    closers.push(close);
    const reply = await new MobileBackend(target).call("POST", "/notifications/webhooks", {
      url: `${url}/`,
      ordering: "job",
    });
    if (reply.status !== 201) throw new Error(`The webhook was answered with ${reply.status}.`);
  }

  beforeAll(async () => {
    const write = process.stdout.write.bind(process.stdout);
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      if (!functions.isRunning()) return write(text);
      logged.push(String(text));
      return true;
    });
    await start();
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
    functions.close();
    vi.restoreAllMocks();
  });

  const running = () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };

  return {
    timeScale,
    inTurn: turnsFor(atOnce),
    /** What arrived at the receiver of webhooks, if there is one. */
    arrived: hasReceiver && arrived,
    target: () => running().target,
    system: () => running().system,
    /** What functions have logged. */
    logged,
    add,
  };
}

export type MortalSystem = ReturnType<typeof mortalSystem>;
