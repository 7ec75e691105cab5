import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { FRESH_CONNECTION } from "../../support/fresh-connection.ts";

/** A call of upstream, as it arrived. */
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

/** Gives another reply than the sandbox's. Without a reply, the connection is cut. */
export type Meet = (
  call: UpstreamCall,
  perform: () => Promise<UpstreamReply>,
) => Promise<UpstreamReply | undefined>;

interface ExchangeOptions {
  readonly sandboxUrl: string;
  /** The text that the sandbox knows in place of a canary; any other text itself. */
  readonly originalOf: (text: string) => string;
  readonly meet?: Meet;
  /** Is called with each access token that the sandbox issues. */
  readonly gives?: (token: string) => void;
}

const NOT_FORWARDED = ["connection", "content-length", "transfer-encoding", "host", "keep-alive"];
const tokenReply = z.object({ access_token: z.string() });

/**
 * Stands in front of the sandbox, which knows only the published test users. Exchanges every canary in a body for the text that the
 * sandbox knows, so that jobs with unique logins succeed.
 */
export async function exchangingUpstream(options: ExchangeOptions) {
  const { sandboxUrl, originalOf, meet = (_, perform) => perform(), gives = () => undefined } = options;
  /** Every text in a body, and every Authorization header without its scheme. */
  const arrived = new Set<string>();
  let named = 0;

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
      if (performed.body.includes(`http://${headers.host}/`)) named += 1;
      return performed;
    });
  }

  const server = createServer((request, response) => {
    reply(request).then(
      (given) => send(response, given),
      () => response.destroy(),
    );
  });
  const listening = await listenLocally(server);
  /** How many replies had the address of upstream. */
  return { ...listening, arrived, named: () => named };
}

export function exchanged(body: string, exchange: (text: string) => string): string {
  try {
    return JSON.stringify(
      JSON.parse(body, (_, value) => (typeof value === "string" ? exchange(value) : value)),
    );
  } catch {
    return body;
  }
}

async function forward(url: URL, { method = "GET", headers }: IncomingMessage, body: string) {
  const stored = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.includes(name));
  const sent = Object.fromEntries(stored.map(([name, value]) => [name, String(value)]));
  const init = { method, headers: { ...sent, ...FRESH_CONNECTION } };
  const response = await fetch(url, { ...init, ...(body !== "" && { body }), redirect: "manual" });
  const dropped = [...NOT_FORWARDED, "content-encoding"];
  const replied = [...response.headers].filter(([name]) => !dropped.includes(name));
  // Links lead to the address at which upstream was called, as the aggregator's do.
  const text = (await response.text()).replaceAll(`${url.origin}/`, `http://${headers.host}/`);
  return { status: response.status, headers: Object.fromEntries(replied), body: text };
}

function send(response: ServerResponse, given: UpstreamReply | undefined): void {
  if (given === undefined) response.socket?.resetAndDestroy();
  else response.writeHead(given.status, given.headers).end(given.body);
}

/** Counts the failures of upstream by call, such as `GET /jobs/*`. */
export function metTroubles() {
  const met = new Map<string, number>();

  function note({ method, path }: UpstreamCall): void {
    const name = `${method} ${path.replace(/\?.*$/, "").replace(/^(\/\w+\/)[^/]+/, "$1*")}`;
    met.set(name, (met.get(name) ?? 0) + 1);
  }

  return {
    async around(call: UpstreamCall, perform: () => Promise<UpstreamReply>): Promise<UpstreamReply> {
      try {
        const reply = await perform();
        const { status, headers } = reply;
        // The sandbox itself never sends these to a client with a valid token.
        if (status === 401 || status >= 500 || headers["content-type"] === "text/html") note(call);
        return reply;
      } catch (error) {
        note(call);
        throw error;
      }
    },
    begin: () => met.clear(),
    count: (name: string) => met.get(name) ?? 0,
  };
}

export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
