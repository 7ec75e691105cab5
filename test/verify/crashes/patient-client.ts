import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import {
  jobListReply,
  jobReply,
  mfaResult,
  stubListReply,
  stubReply,
  tokenReply,
} from "../../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import type { Target } from "../../journeys/target.ts";
import { FRESH_CONNECTION } from "../../support/fresh-connection.ts";

type Headers = Readonly<Record<string, string>>;
type HttpReply = { status: number; etag: string; json: unknown };
type JobSeen = z.infer<typeof jobReply>;
export type StepSeen = JobSeen["steps"][number];

/** Far more than any run needs: a stuck job fails its test, whatever the machine's speed. */
const MAX_LOOKS = 600;
const POLL_EVERY_MS = 100;
const MAX_TRIES = 800;
const AGAIN_AFTER_MS = 50;

type Method = "GET" | "POST" | "DELETE";

/** A company's backend that repeats requests after a 5xx, and remembers the replies. */
export class PatientClient {
  readonly userId: string;
  /** Every job as a reply showed it, in order. */
  readonly seen: JobSeen[] = [];
  /** Ids of jobs that a reply gave to this client. */
  readonly acknowledged = new Set<string>();
  readonly target: Target;
  readonly #token: string;

  constructor(target: Target, token: string, userId: string) {
    this.target = target;
    this.#token = token;
    this.userId = userId;
  }

  async once(method: Method, path: string, body?: object, headers: Headers = {}): Promise<HttpReply> {
    const authorization = `Bearer ${this.#token}`;
    const response = await fetch(`${this.target.apiUrl}${path}`, {
      method,
      headers: { authorization, "content-type": "application/json", ...FRESH_CONNECTION, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const etag = response.headers.get("etag") ?? "";
    return { status: response.status, etag, json: text === "" ? undefined : JSON.parse(text) };
  }

  /** The first reply below 500. */
  async send(...request: Parameters<PatientClient["once"]>): Promise<HttpReply> {
    for (let tries = 1; ; tries++) {
      const reply = await this.once(...request);
      if (reply.status < 500 || tries === MAX_TRIES) return reply;
      await sleep(AGAIN_AFTER_MS);
    }
  }

  /** Requests a job, and gives its id, whether it is new or existed before. */
  async begin(path: string, body: object = {}, headers: Headers = {}): Promise<string> {
    const reply = await this.send("POST", `/users/${this.userId}/connections${path}`, body, headers);
    const { id } = reply.status === 200 ? this.#see(reply.json) : stubReply.parse(reply.json);
    this.acknowledged.add(id);
    return id;
  }

  async refreshAll(): Promise<void> {
    const { json } = await this.send("POST", `/users/${this.userId}/connections/refresh`);
    for (const { id } of stubListReply.parse(json).data) this.acknowledged.add(id);
  }

  /** Adopts jobs that began at the aggregator. */
  async adopt(jobIds: readonly string[]): Promise<void> {
    const { json } = await this.send("POST", `/users/${this.userId}/jobs`, { jobIds });
    for (const { id } of stubListReply.parse(json).data) this.acknowledged.add(id);
  }

  /** The job that was acknowledged last. */
  newest(): string {
    return [...this.acknowledged].at(-1) ?? "";
  }

  async until(jobId: string, isAsWanted: (steps: StepSeen[]) => boolean): Promise<StepSeen[]> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const { steps } = this.#see((await this.send("GET", `/jobs/${jobId}`)).json);
      if (isAsWanted(steps)) return steps;
      await sleep(POLL_EVERY_MS);
    }
    throw new Error(`Never as wanted: ${JSON.stringify(this.seen.at(-1)?.steps)}`);
  }

  /** Waits for one change of the job after another, until the job is over. */
  async followChanges(jobId: string): Promise<void> {
    let etag = "";
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const reply = await this.send("GET", `/jobs/${jobId}/changes`, undefined, { "if-none-match": etag });
      etag = reply.etag;
      if (reply.status === 304) await sleep(POLL_EVERY_MS);
      else if (isOver(this.#see(reply.json).steps)) return;
    }
    throw new Error(`Never over: ${JSON.stringify(this.seen.at(-1)?.steps)}`);
  }

  /** Reads the user's jobs from the list, until there is one. */
  async learn(): Promise<void> {
    while (this.acknowledged.size === 0) {
      const { data } = jobListReply.parse((await this.send("GET", `/users/${this.userId}/jobs`)).json);
      for (const { id } of data) this.acknowledged.add(id);
      await sleep(POLL_EVERY_MS);
    }
  }

  #see(json: unknown): JobSeen {
    const job = jobReply.parse(json);
    this.seen.push(job);
    return job;
  }
}

export async function serverToken({ apiUrl, apiKey }: Target): Promise<string> {
  const reply = await fetch(`${apiUrl}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${apiKey}`, "basiq-version": "3.0", ...FRESH_CONNECTION },
    body: new URLSearchParams({ scope: "SERVER_ACCESS" }),
  });
  return tokenReply.parse(await reply.json()).access_token;
}

export function isOver(steps: readonly StepSeen[]): boolean {
  const isFailed = steps.some(({ status }) => status === "failed");
  return isFailed || steps.every(({ status }) => status === "success" || status === "skipped");
}

function isAsked(steps: readonly StepSeen[]): boolean {
  return steps.some(({ result }) => mfaResult.safeParse(result).success);
}

export function isQueued([first]: readonly StepSeen[]): boolean {
  return first?.status === "pending" && first.result !== null && "attempt" in first.result;
}

export type Deed = (client: PatientClient) => Promise<unknown>;

export function create(client: PatientClient, id: string, login: Record<string, string>): Promise<string> {
  return client.begin("", { ...login, institution: { id } });
}

export const createPlain = (client: PatientClient) => create(client, HOOLI, LOGINS.gavin);
export const createAsked = (client: PatientClient) => create(client, PIED_PIPER, LOGINS.jared);
export const refresh = (client: PatientClient) => client.begin(`/${connectionOf(client)}/refresh`);
export const update = (client: PatientClient) => client.begin(`/${connectionOf(client)}`, LOGINS.gavin);

export async function untilOver(client: PatientClient): Promise<void> {
  for (const jobId of client.acknowledged) await client.until(jobId, isOver);
}

export const followChanges = (client: PatientClient) => client.followChanges(client.newest());

export async function untilAsked(client: PatientClient): Promise<boolean> {
  return isAsked(await client.until(client.newest(), (steps) => isAsked(steps) || isOver(steps)));
}

export async function answer(client: PatientClient, answers = ["1234"]): Promise<void> {
  if (!(await untilAsked(client))) return;
  await client.send("POST", `/jobs/${client.newest()}/mfa`, { "mfa-response": answers });
}

export async function connect(client: PatientClient, id = HOOLI): Promise<void> {
  await create(client, id, LOGINS.gavin);
  await untilOver(client);
}

/** The connection that the client made first. */
function connectionOf({ seen }: PatientClient): string {
  const source = seen.find(({ links }) => links.source !== undefined)?.links.source;
  return source?.split("/").at(-1) ?? "";
}

const ledger = z.object({
  calls: z.array(z.object({ method: z.string(), path: z.string(), userId: z.nullable(z.string()) })),
});

/** The sandbox's control side: the calls that it received, and the status of its banks. */
export function upstreamSide(sandboxUrl: string) {
  return {
    /** In the order in which they arrived. */
    async calls() {
      const reply = await fetch(`${sandboxUrl}/_control/ledger`, { headers: FRESH_CONNECTION });
      return ledger.parse(await reply.json()).calls;
    },
    async institution(id: string, condition: object): Promise<void> {
      const headers = { "content-type": "application/json", ...FRESH_CONNECTION };
      const init = { method: "PUT", headers, body: JSON.stringify(condition) };
      const { ok } = await fetch(`${sandboxUrl}/_control/institutions/${id}`, init);
      if (!ok) throw new Error(`The sandbox does not accept ${init.body}.`);
    },
  };
}

export type UpstreamSide = ReturnType<typeof upstreamSide>;
