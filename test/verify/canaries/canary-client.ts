import type { CanaryRegister } from "./canary-register.ts";
import type { SinkBook } from "./sink-book.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ClientOptions {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly book: SinkBook;
  readonly register: CanaryRegister;
}

/** Speaks our API, and notes every reply with its headers, and what was in the headers of requests that were well. */
export function canaryClient({ apiUrl, apiKey, book, register }: ClientOptions) {
  const accepted = new Set<string>();

  async function send(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Reply> {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const isToken = path === "/token" && response.status === 200;
    book.add(
      isToken ? "replies that give a token" : "replies",
      `${response.status} ${response.statusText}\n${head}\n\n${text}`,
    );
    if (response.ok) for (const value of Object.values(headers)) accepted.add(withoutScheme(value));
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
  }

  async function token(form: Record<string, string> = { scope: "SERVER_ACCESS" }): Promise<string> {
    const reply = await send("POST", "/token", {
      headers: {
        authorization: `Basic ${apiKey}`,
        "basiq-version": "3.0",
        "content-type": "application/x-www-form-urlencoded",
      },
      body: String(new URLSearchParams(form)),
    });
    const found = Reflect.get(Object(reply.json), "access_token");
    if (typeof found !== "string") throw new Error(`No token: ${reply.status}`);
    register.made("access token of ours", found);
    return found;
  }

  return { send, token, accepted };
}

function withoutScheme(header: string): string {
  return header.replace(/^(Basic|Bearer) /, "");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
