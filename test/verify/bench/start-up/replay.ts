import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { listenLocally } from "../../../../infra/local/local-server.ts";

/** A call that a function made while it answered an event. */
interface Call {
  /** What the header `X-Amz-Target` says, such as `TrentService.Sign`; undefined for a call of the aggregator. */
  target: string | undefined;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface RecordedCall extends Call {
  reply: Reply;
}

/** One address for AWS and the aggregator. */
function serve(answer: (call: Call) => Promise<Reply>) {
  const server = createServer(async (request, response) => {
    try {
      const values = Object.entries(request.headersDistinct);
      const headers = passedOn(new Headers(values.map(([name, each = []]) => [name, each.join(", ")])));
      const { method = "", url: path = "" } = request;
      const target = headers["x-amz-target"];
      const reply = await answer({ target, method, path, headers, body: await text(request) });
      response.writeHead(reply.status, reply.headers).end(reply.body);
    } catch {
      response.destroy();
    }
  });
  return listenLocally(server);
}

/** These are about a connection, not about what is said over it. */
const OF_THE_CONNECTION = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}

/**
 * Passes every call on and writes it down: to an AWS service by the first part of its target, or to the aggregator if it has none.
 */
export async function startRecorder(services: { [targetPrefix: string]: string }, upstreamUrl: string) {
  const calls: RecordedCall[] = [];
  const endpoint = await serve(async (call) => {
    const { target, path, method, headers, body } = call;
    const origin = target === undefined ? upstreamUrl : services[target.split(".")[0] ?? ""];
    const init = { method, headers, ...(body !== "" && { body }) };
    const response = await fetch(`${origin}${path}`, init);
    const reply = {
      status: response.status,
      headers: passedOn(response.headers),
      body: await response.text(),
    };
    calls.push({ ...call, reply });
    return reply;
  });
  return { ...endpoint, calls };
}

const NOT_RECORDED = { status: 404, headers: {}, body: "" };

/**
 * Answers every call at once, with what was recorded for the same call: the replies to calls that are alike come in their order,
 * the last one again and again, and `restart` begins anew.
 */
export async function startReplay(calls: readonly RecordedCall[]) {
  const nameOf = ({ target, method, path }: Call) => target ?? `${method} ${path}`;
  const replies = Map.groupBy(calls, nameOf);
  const given = new Map<string, number>();
  const endpoint = await serve(async (call) => {
    const name = nameOf(call);
    const recorded = replies.get(name) ?? [];
    const number = given.get(name) ?? 0;
    given.set(name, number + 1);
    return recorded[Math.min(number, recorded.length - 1)]?.reply ?? NOT_RECORDED;
  });
  return { ...endpoint, restart: () => given.clear() };
}
