import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { jobReply } from "../../../functions/http/reply-schemas.ts";
import { kindOf, linksOf } from "../../journeys/links.ts";
import { challengeIn, type HttpReply, isOver, MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import type { Step } from "./client-steps.ts";

/** How often a client sends a call, and which reply it uses. `number` counts the calls of a step, and the steps. */
type Mode = (number: number) => { sent: 1 | 2; used: 0 | 1 };

const ONCE = { sent: 1, used: 0 } as const;
const onceEach: Mode = () => ONCE;

export const REPEATING: Readonly<Record<string, Mode>> = {
  "with every call made twice": () => ({ sent: 2, used: 0 }),
  "that loses each second reply and repeats the call": (number) =>
    number % 2 === 1 ? { sent: 2, used: 1 } : ONCE,
};

const MAX_CALLS = 2_000;
/** At the pace of the tests, a second of the client. */
const POLL_EVERY_MS = 100;

type Values = Record<string, string>;

/** Goes through the steps of a client, and returns the id of its user. Throws if a reply is not what the client expects. */
export async function makeTrip(target: Target, steps: readonly Step[], mode = onceEach): Promise<string> {
  const client = new Client(target, mode);
  for (const [number, step] of steps.entries()) {
    try {
      await client.take(step, number);
    } catch (error) {
      throw new Error(`Step ${number + 1}, ${step.method} ${step.path}`, { cause: error });
    }
  }
  return client.values["user"] ?? "";
}

const STARTS_OR_ANSWERS = /^POST .*\/(?:connections(?:\/[\w-]+(?:\/refresh)?)?|mfa)$/;

/** The logins, answers and requests for data that the aggregator got of a user, in their order, without ids. */
export async function sentToBank(target: Target, userId: string): Promise<string[]> {
  const calls = await new MobileBackend(target, userId).upstreamCalls();
  const sent = calls.filter((call) => STARTS_OR_ANSWERS.test(call));
  return sent.map((call) => call.replaceAll(/\/\w*-[\w-]+/g, "/*"));
}

/** What each trip sends to the bank: one login, one update and one refresh, each with one answer. */
export const SENT_ONCE = [
  "POST /users/*/connections",
  "POST /jobs/*/mfa",
  "POST /users/*/connections/*",
  "POST /jobs/*/mfa",
  "POST /users/*/connections/*/refresh",
  "POST /jobs/*/mfa",
];

class Client {
  readonly values: Values = {};
  readonly #backend: MobileBackend;
  readonly #mode: Mode;
  /** The kinds of links that the client has followed. */
  readonly #followed = new Set<string>();

  constructor(target: Target, mode: Mode) {
    this.#backend = new MobileBackend(target);
    this.#mode = mode;
  }

  async take(step: Step, number: number): Promise<void> {
    const ids = new Set<string>();
    let path = filled(step.path, this.values);
    for (let calls = 0; calls < MAX_CALLS; calls++) {
      const { json } = await this.#send(step, path, number + calls);
      if (calls === 0 && step.until !== "listed") this.#readAll(step, json);
      await this.#follow(json);
      if (step.until !== undefined) {
        if (isSo(step.until, json)) return this.#store(step, json);
        await sleep(POLL_EVERY_MS);
      } else {
        if (step.toTheLastPage) addAll(ids, json);
        const next = step.toTheLastPage && at(json, "links.next");
        if (typeof next !== "string") return this.#store(step, json);
        const { apiUrl } = this.#backend.target;
        if (!next.startsWith(`${apiUrl}/`)) throw new Error(`The next page is not ours: ${next}`);
        path = next.slice(apiUrl.length);
      }
    }
    throw new Error("The client never came to the end.");
  }

  async #send(step: Step, path: string, number: number): Promise<HttpReply> {
    const { sent, used } = this.#mode(number);
    const replies = [await this.#call(step, path)];
    expect(replies[0]?.status).toBe(step.status);
    if (sent === 2) {
      replies.push(await this.#call(step, path));
      expect(replies[1]?.status).toBe(step.again ?? step.status);
    }
    const reply = replies[used];
    if (reply === undefined) throw new Error("The client uses a reply to a call that it did not send.");
    return reply;
  }

  #call({ method, as = "server", body, headers }: Step, path: string): Promise<HttpReply> {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    return this.#backend.send(method, path, {
      headers: {
        ...(typeof body === "object" && { "content-type": "application/json" }),
        ...(as === "key" && { authorization: `Basic ${this.#backend.target.apiKey}` }),
        ...((as === "server" || as === "app") && { authorization: `Bearer ${this.values[as]}` }),
        ...headers,
      },
      ...(text !== undefined && { body: filled(text, this.values) }),
    });
  }

  #readAll({ reads = [] }: Step, json: unknown): void {
    expect(reads.filter((field) => at(json, field) === undefined)).toEqual([]);
  }

  #store({ stores = {} }: Step, json: unknown): void {
    for (const [name, field] of Object.entries(stores)) this.values[name] = String(at(json, field));
  }

  /** Follows one link of each kind, whose parameters alone differ. */
  async #follow(json: unknown): Promise<void> {
    for (const link of linksOf(json, this.#backend.target.apiUrl)) {
      const { name, method, path } = link;
      const kind = kindOf(link);
      if (method !== "GET" || this.#followed.has(kind)) continue;
      this.#followed.add(kind);
      const step: Step = { method, path, status: 200 };
      const { status } = await this.#call(step, path);
      // The aggregator names the jobs of an identity by ids of its own.
      expect([path, status]).toEqual([path, name === "job" ? 404 : 200]);
    }
  }
}

/** Puts values in the place of the words in braces. */
function filled(text: string, values: Values): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`No reply has given '${name}'.`);
    return value;
  });
}

/** Returns the value of a field, such as `data.0.id`, or `undefined`. */
function at(json: unknown, field: string): unknown {
  return field.split(".").reduce<unknown>((value, key) => Reflect.get(Object(value), key), json);
}

/** Adds the ids of a page. Throws if another page had one of them. */
function addAll(ids: Set<string>, json: unknown): void {
  const data: unknown = at(json, "data");
  for (const entry of Array.isArray(data) ? data : []) {
    const id = String(at(entry, "id"));
    if (ids.has(id)) throw new Error(`Two pages have the entry ${id}.`);
    ids.add(id);
  }
}

function isSo(wanted: "asked" | "over" | "listed", json: unknown): boolean {
  if (wanted === "listed") return at(json, "data.0") !== undefined;
  const { steps } = jobReply.parse(json);
  if (isOver(steps) && steps.some(({ status }) => status === "failed")) {
    throw new Error(`The job failed: ${JSON.stringify(steps)}`);
  }
  return wanted === "over" ? isOver(steps) : challengeIn(steps) !== undefined;
}
