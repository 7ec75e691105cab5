import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { basiq } from "../../functions/aggregators/basiq/basiq.ts";
import { basiqPassing } from "../../functions/aggregators/basiq/passing.ts";
import { basiqTransport } from "../../functions/aggregators/basiq/transport.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { listenLocally } from "../../infra/local/local-server.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { fakeClock } from "./fake-clock.ts";

export const OUR_URL = "https://api.example";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export function givingToken(accessToken: string): Answer {
  return (response) => void response.end(JSON.stringify({ access_token: accessToken, expires_in: 3600 }));
}

/** An upstream that gives tokens, unless a test has another answer for that, and to everything else the test's one answer. */
export async function rawUpstream(answer: Answer, answerForToken: Answer = givingToken("token")) {
  const calls: { line: string; body: string; authorization: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method, url, headers } = request;
    calls.push({ line: `${method} ${url}`, body, authorization: headers.authorization });
    if (url === "/token") answerForToken(response, request);
    else answer(response, request);
  });
  const endpoint = await listenLocally(server);
  const clock = fakeClock();
  const options = { baseUrl: endpoint.url, version: "2.1", apiKey: async () => new Secret("key"), clock };
  const passing = (isPublic: boolean) => basiqPassing({ ...options, ourUrl: OUR_URL, isPublic });
  return {
    clock,
    url: endpoint.url,
    upstream: basiq(basiqTransport(options), "2.1"),
    passing: passing(false),
    publicPassing: passing(true),
    calls,
    lines: () => calls.map(({ line }) => line).filter((line) => line !== "POST /token"),
    close: endpoint.close,
  };
}

/** Written by hand, as the published prose and the recorded replies have it. */
export const connection = "/users/ea3a81/connections/8fce3b";
export const link = { type: "link", url: connection };
export const mfa = {
  type: "mfa",
  method: "token",
  description: "A code was sent to you",
  input: ["Code"],
  expiryMs: 90_000,
  links: { response: "https://upstream.example/jobs/61723/mfa" },
};

/** A job of one step. */
export function reply(step: object, more: object = {}) {
  return {
    type: "job",
    id: "61723",
    created: "2020-09-09T11:06:52Z",
    updated: "2020-09-09T11:07:39Z",
    steps: [{ title: "verify-credentials", status: "in-progress", result: null, ...step }],
    links: { self: "https://upstream.example/jobs/61723" },
    ...more,
  };
}

interface ShownStep {
  title: string;
  status: string;
  result?: object | null;
}

const answerBody = z.object({ "mfa-response": z.array(z.string()) });

const ID = "upstream-job";

/** An upstream of one institution, and of one job that shows what a test says. */
export async function oneJobUpstream(authorization: string) {
  const answers: string[][] = [];
  let logins = 0;
  let looks = 0;
  let job: object = {};
  let changes = 0;
  let whenAnswered: readonly ShownStep[] | undefined;

  /** Upstream's own time of each change is a second after that of the one before it. */
  function show(...steps: ShownStep[]): void {
    const updated = new Date(Date.UTC(2026, 0, 5, 9, 0, ++changes)).toISOString();
    job = { type: "job", id: ID, created: "2026-01-05T09:00:00Z", updated, steps };
  }

  async function replyTo(request: IncomingMessage): Promise<object> {
    const line = `${request.method} ${request.url}`;
    if (line === "POST /token") return { access_token: "token", expires_in: 3600 };
    if (line === `GET /jobs/${ID}`) {
      looks += 1;
      return job;
    }
    const [, institutionId] = /^GET \/institutions\/(\w+)$/.exec(line) ?? [];
    if (institutionId !== undefined) return { id: institutionId, authorization, status: "operational" };
    if (line === `POST /jobs/${ID}/mfa`) {
      answers.push(answerBody.parse(JSON.parse(await text(request)))["mfa-response"]);
      if (whenAnswered !== undefined) show(...whenAnswered);
    } else logins += 1;
    return { type: "job", id: ID };
  }

  const server = createServer(async (request, response) => {
    const reply = JSON.stringify(await replyTo(request));
    // A 200 would name a job that was there before.
    response.writeHead(request.method === "POST" && request.url !== "/token" ? 202 : 200).end(reply);
  });
  return {
    ...(await listenLocally(server)),
    show,
    /** What the job shows once the next answer has come; until this is said, what it showed before. */
    showWhenAnswered(...steps: ShownStep[]): void {
      whenAnswered = steps;
    },
    /** The answers and the number of logins that came since the last `forget`. */
    received: () => ({ answers: [...answers], logins }),
    /** How often the job was looked at. */
    looks: () => looks,
    forget(): void {
      answers.length = 0;
      logins = 0;
      whenAnswered = undefined;
    },
  };
}

const ledgerReply = z.object({ calls: z.array(z.object({ method: z.string(), path: z.string() })) });

export interface Fault {
  method: "GET" | "POST";
  path: string;
  times?: number;
  do: { status?: number; retryAfter?: string; body?: string; reset?: "before" | "after" };
}

/** The real client in front of the real sandbox, by one clock that takes no time. */
export async function basiqSandbox() {
  const clock = fakeClock();
  const slept: number[] = [];
  const sandbox = await startSandbox({ port: 0, now: () => clock.now().getTime(), apiKey: "the-key" });
  const counting = {
    ...clock,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  const transportWith = (apiKey: () => Promise<Secret>) =>
    basiqTransport({ baseUrl: sandbox.url, version: "2.1", apiKey, clock: counting });
  const clientWith = (apiKey: () => Promise<Secret>) => basiq(transportWith(apiKey), "2.1");
  /** Each trade for a token takes the next key, and the last one from then on. */
  const newClient = (...keys: string[]) => {
    const left = keys.length === 0 ? ["the-key"] : keys;
    return clientWith(async () => new Secret((left.length > 1 ? left.shift() : left[0]) ?? ""));
  };

  async function control(method: string, path: string, body: unknown): Promise<void> {
    const response = await fetch(`${sandbox.url}/_control${path}`, { method, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`control: ${response.status} ${await response.text()}`);
  }

  return {
    clock,
    slept,
    newClient,
    clientWith,
    upstream: newClient(),
    close: sandbox.close,
    setFaults: (...faults: Fault[]) =>
      control(
        "PUT",
        "/faults",
        faults.map((fault) => ({ times: 1, ...fault })),
      ),
    setInstitution: (id: string, condition: { status: string; outage: string }) =>
      control("PUT", `/institutions/${id}`, condition),
    /** The calls so far, in order, such as `GET /jobs/1`. */
    calls: async () => {
      const response = await fetch(`${sandbox.url}/_control/ledger`);
      return ledgerReply.parse(await response.json()).calls.map(({ method, path }) => `${method} ${path}`);
    },
  };
}

export type BasiqSandbox = Awaited<ReturnType<typeof basiqSandbox>>;
