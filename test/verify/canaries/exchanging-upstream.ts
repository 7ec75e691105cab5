import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { listenLocally } from "../../../infra/local/local-server.ts";

/** A call of upstream's, as it came. */
export interface UpstreamCall {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
}

export interface UpstreamReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Gives another reply than the sandbox's, or, with nothing, cuts the connection. */
export type Meet = (
  call: UpstreamCall,
  perform: () => Promise<UpstreamReply>,
) => Promise<UpstreamReply | undefined>;

export interface ExchangeOptions {
  readonly sandboxUrl: string;
  /** What the sandbox knows in the place of a text; the text itself when it is nothing special. */
  readonly originalOf: (text: string) => string;
  readonly meet?: Meet;
  /** Told of the access tokens that it gives. */
  readonly gives?: (token: string) => void;
}

const NOT_FORWARDED = ["connection", "content-length", "transfer-encoding", "host", "keep-alive"];
const tokenReply = z.object({ access_token: z.string() });

/**
 * Stands before the sandbox, which takes the published test users only: every canary in a body is exchanged for what the sandbox
 * knows in its place, so that jobs succeed whose login nobody has ever seen.
 */
export async function exchangingUpstream(options: ExchangeOptions) {
  const { sandboxUrl, originalOf, meet = (_, perform) => perform(), gives = () => undefined } = options;
  /** Every text that came in a body, and every header of authorization without its scheme. */
  const arrived = new Set<string>();

  async function reply(request: IncomingMessage): Promise<UpstreamReply | undefined> {
    const { method = "GET", url: path = "/", headers } = request;
    const call = { method, path, body: await text(request), authorization: headers.authorization ?? "" };
    arrived.add(call.authorization.replace(/^\w+ /, ""));
    const body = exchanged(call.body, (sent) => {
      arrived.add(sent);
      return originalOf(sent);
    });
    return meet(call, async () => {
      const performed = await forward(new URL(path, sandboxUrl), request, body);
      const token = path === "/token" ? tokenReply.safeParse(JSON.parse(performed.body)) : undefined;
      if (token?.success) gives(token.data.access_token);
      return performed;
    });
  }

  const server = createServer((request, response) => {
    reply(request).then(
      (given) => send(response, given),
      () => response.destroy(),
    );
  });
  return { ...(await listenLocally(server)), arrived };
}

function exchanged(body: string, exchange: (text: string) => string): string {
  try {
    return JSON.stringify(
      JSON.parse(body, (_, value) => (typeof value === "string" ? exchange(value) : value)),
    );
  } catch {
    return body;
  }
}

async function forward(url: URL, { method = "GET", headers }: IncomingMessage, body: string) {
  const kept = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.includes(name));
  const init = { method, headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])) };
  const response = await fetch(url, { ...init, ...(body !== "" && { body }), redirect: "manual" });
  const replied = [...response.headers].filter(
    ([name]) => ![...NOT_FORWARDED, "content-encoding"].includes(name),
  );
  return { status: response.status, headers: Object.fromEntries(replied), body: await response.text() };
}

function send(response: ServerResponse, given: UpstreamReply | undefined): void {
  if (given === undefined) response.socket?.resetAndDestroy();
  else response.writeHead(given.status, given.headers).end(given.body);
}
