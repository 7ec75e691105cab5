import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenLocally, readBody } from "../../../../infra/local/local-server.ts";

/** A call that a function made while it answered an event, and the reply that it got. */
export interface RecordedCall {
  /** What the header `X-Amz-Target` says, such as `TrentService.Sign`; undefined for a call of upstream. */
  target: string | undefined;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  reply: { status: number; headers: Record<string, string>; body: string };
}

/** The addresses behind a recording: each AWS service by the first part of its targets, and upstream. */
export interface Behind {
  services: { [targetPrefix: string]: string };
  upstreamUrl: string;
}

const MAX_BODY_BYTES = 1024 * 1024;
/** These are about a connection, not about what is said over it. */
const OF_THE_CONNECTION = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

/** One address for AWS and upstream that passes every call on and writes it down. */
export async function startRecorder(behind: Behind) {
  const calls: RecordedCall[] = [];
  const endpoint = await serve(async (asked) => {
    const service = behind.services[asked.target?.split(".")[0] ?? ""];
    const base = asked.target === undefined ? behind.upstreamUrl : service;
    const { method, headers, body } = asked;
    const response = await fetch(`${base}${asked.path}`, {
      method,
      headers,
      ...(body !== "" && { body }),
    });
    const reply = {
      status: response.status,
      headers: passedOn(response.headers),
      body: await response.text(),
    };
    calls.push({ ...asked, reply });
    return reply;
  });
  return { ...endpoint, calls };
}

/**
 * One address for AWS and upstream that answers every call at once, with what was recorded for the same call: the replies to
 * calls that are alike come in their order, the last one again and again, and `restart` begins anew.
 */
export async function startReplay(calls: readonly RecordedCall[]) {
  const replies = Map.groupBy(calls, nameOf);
  const given = new Map<string, number>();
  const endpoint = await serve(async (asked) => {
    const name = nameOf(asked);
    const recorded = replies.get(name) ?? [];
    const number = given.get(name) ?? 0;
    given.set(name, number + 1);
    return recorded[Math.min(number, recorded.length - 1)]?.reply ?? NOT_RECORDED;
  });
  return { ...endpoint, restart: () => given.clear() };
}

const NOT_RECORDED = { status: 404, headers: {}, body: "" };

type Asked = Omit<RecordedCall, "reply">;

function nameOf({ target, method, path }: Asked): string {
  return target ?? `${method} ${path}`;
}

function serve(answer: (asked: Asked) => Promise<RecordedCall["reply"]>) {
  const server = createServer((request, response) => {
    respond(request, response, answer).catch(() => response.destroy());
  });
  return listenLocally(server);
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (asked: Asked) => Promise<RecordedCall["reply"]>,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  const headers = passedOn(new Headers(textsOf(request)));
  const { method = "", url: path = "" } = request;
  const reply = await answer({
    target: headers["x-amz-target"],
    method,
    path,
    headers,
    body: `${body ?? ""}`,
  });
  response.writeHead(reply.status, reply.headers).end(reply.body);
}

function textsOf({ headersDistinct }: IncomingMessage): [string, string][] {
  return Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(", ")]);
}

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}
