import { setTimeout as sleep } from "node:timers/promises";
import type { Examples } from "../functions/openapi/responses.ts";

const POLL_EVERY_MS = 50;
const MAX_POLLS = 2_000;

/** What a call sends besides its path. */
export interface Sent {
  body?: object;
  /** Replaces the body. */
  text?: string;
  headers?: Record<string, string>;
  /** Replaces the token of the backend. */
  token?: string;
}

/** The fields of replies that later calls need. */
export interface Json {
  id?: string;
  access_token?: string;
  steps?: Steps;
  links?: { source?: string };
  data?: { id?: string; code?: string }[];
  attempts?: { succeeded: number };
}

export type Steps = readonly { status: string; result: { links?: unknown; code?: string } | null }[];

interface Received {
  status: number;
  json: Json;
}

/** Makes calls, and stores the bodies that it sends and receives. */
export class ExampleRecorder {
  readonly examples: Examples = { requests: {}, replies: {}, errors: {}, webhooks: {} };
  /** The token of the calls. */
  token = "";
  readonly #apiUrl: string;

  constructor(apiUrl: string) {
    this.#apiUrl = apiUrl;
  }

  async call(method: string, path: string, sent: Sent = {}): Promise<Received> {
    const { text = sent.body && JSON.stringify(sent.body), token = this.token } = sent;
    const response = await fetch(`${this.#apiUrl}${path}`, {
      method,
      headers: {
        ...(token !== "" && { authorization: `Bearer ${token}` }),
        ...(text !== undefined && { "content-type": "application/json" }),
        ...sent.headers,
      },
      ...(text !== undefined && { body: text }),
    });
    const read = await response.text();
    return { status: response.status, json: read === "" ? {} : JSON.parse(read) };
  }

  /** Stores a body and its reply under a name. */
  store(operation: string, name: string, { body }: Sent, { status, json }: Received): void {
    const { requests, replies } = this.examples;
    if (body !== undefined) requests[operation] = { ...requests[operation], [name]: body };
    const reply = `${operation} ${status}`;
    if (status !== 204) replies[reply] = { ...replies[reply], [name]: json };
  }

  /** Stores what a webhook has received. */
  storeMessage(entity: string, name: string, body: unknown): void {
    const { webhooks } = this.examples;
    webhooks[entity] = { ...webhooks[entity], [name]: body };
  }

  /** Makes a call, stores it, and returns the reply. Throws if the call is refused. */
  async record(
    operation: string,
    name: string,
    method: string,
    path: string,
    sent: Sent = {},
  ): Promise<Json> {
    const received = await this.call(method, path, sent);
    if (received.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(received.json)}`);
    this.store(operation, name, sent, received);
    return received.json;
  }

  /** Makes a call that is refused, and stores the error by its status and code. */
  async refuse(method: string, path: string, sent: Sent = {}): Promise<void> {
    const { status, json } = await this.call(method, path, sent);
    if (status < 400) throw new Error(`${method} ${path} is not refused.`);
    this.examples.errors[`${status} ${json.data?.[0]?.code}`] = json;
  }

  /** Reads a job until its steps are as wanted. */
  until(jobId: string, isWanted: (steps: Steps) => boolean): Promise<Received> {
    return this.untilReply(`/jobs/${jobId}`, ({ steps = [] }) => isWanted(steps));
  }

  /** Reads until the reply is as wanted. */
  async untilReply(path: string, isWanted: (reply: Json) => boolean): Promise<Received> {
    for (let polls = 0; polls < MAX_POLLS; polls++) {
      const received = await this.call("GET", path);
      if (isWanted(received.json)) return received;
      await sleep(POLL_EVERY_MS);
    }
    throw new Error(`${path} did not reach the state that an example needs.`);
  }

  untilOver(jobId: string): Promise<Received> {
    return this.until(
      jobId,
      (steps) =>
        steps.some(({ status }) => status === "failed") ||
        steps.every(({ status }) => status === "success" || status === "skipped"),
    );
  }
}
