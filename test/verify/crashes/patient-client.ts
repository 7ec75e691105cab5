import { setTimeout as sleep } from "node:timers/promises";
import type * as z from "zod";
import {
  jobReply,
  mfaResult,
  stubListReply,
  stubReply,
  tokenReply,
} from "../../../functions/http/reply-schemas.ts";
import type { Target } from "../../journeys/target.ts";

type Headers = Readonly<Record<string, string>>;
type Told = { status: number; json: unknown };
type JobSeen = z.infer<typeof jobReply>;
export type StepSeen = JobSeen["steps"][number];

/** Far more than any cell needs: one that is stuck fails, whatever the machine's speed. */
const MAX_LOOKS = 600;
const LOOK_EVERY_MS = 100;
const MAX_TRIES = 800;
const AGAIN_AFTER_MS = 50;

export type Method = "GET" | "POST" | "DELETE";

/** A company's backend that repeats what failed on our side, and remembers what it was told. */
export class PatientClient {
  readonly userId: string;
  /** Every job as it was seen, in order. */
  readonly seen: JobSeen[] = [];
  /** Ids of jobs that it was told of as its own. */
  readonly acknowledged = new Set<string>();
  readonly target: Target;
  readonly #token: string;

  constructor(target: Target, token: string, userId: string) {
    this.target = target;
    this.#token = token;
    this.userId = userId;
  }

  async once(method: Method, path: string, body?: object, headers: Headers = {}): Promise<Told> {
    const authorization = `Bearer ${this.#token}`;
    const response = await fetch(`${this.target.apiUrl}${path}`, {
      method,
      headers: { authorization, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  }

  /** The first reply that is not a failure on our side. */
  async send(...request: Parameters<PatientClient["once"]>): Promise<Told> {
    for (let tries = 1; ; tries++) {
      const reply = await this.once(...request);
      if (reply.status < 500 || tries === MAX_TRIES) return reply;
      await sleep(AGAIN_AFTER_MS);
    }
  }

  /** Asks for a job, and gives its id, be it new or there already. */
  async begin(path: string, body: object = {}, headers: Headers = {}): Promise<string> {
    const reply = await this.send("POST", `/users/${this.userId}/connections${path}`, body, headers);
    const { id } = reply.status === 200 ? this.#see(reply.json) : stubReply.parse(reply.json);
    this.acknowledged.add(id);
    return id;
  }

  /** Asks for a refresh of every connection. */
  async beginAll(): Promise<string[]> {
    const { json } = await this.send("POST", `/users/${this.userId}/connections/refresh`);
    const ids = stubListReply.parse(json).data.map(({ id }) => id);
    for (const id of ids) this.acknowledged.add(id);
    return ids;
  }

  /** The job that it was told of last. */
  newest(): string {
    return [...this.acknowledged].at(-1) ?? "";
  }

  pause(): Promise<void> {
    return sleep(LOOK_EVERY_MS);
  }

  /** Looks until the steps are as wanted. */
  async until(jobId: string, isAsWanted: (steps: StepSeen[]) => boolean): Promise<StepSeen[]> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const { steps } = this.#see((await this.send("GET", `/jobs/${jobId}`)).json);
      if (isAsWanted(steps)) return steps;
      await this.pause();
    }
    throw new Error(`Never as wanted: ${JSON.stringify(this.seen.at(-1)?.steps)}`);
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
    headers: { authorization: `Basic ${apiKey}`, "basiq-version": "3.0" },
    body: new URLSearchParams({ scope: "SERVER_ACCESS" }),
  });
  return tokenReply.parse(await reply.json()).access_token;
}

export function isOver(steps: readonly StepSeen[]): boolean {
  const isFailed = steps.some(({ status }) => status === "failed");
  return isFailed || steps.every(({ status }) => status === "success" || status === "skipped");
}

export function isAsked(steps: readonly StepSeen[]): boolean {
  return steps.some(({ result }) => mfaResult.safeParse(result).success);
}

export function isQueued([first]: readonly StepSeen[]): boolean {
  return first?.status === "pending" && first.result !== null && "attempt" in first.result;
}
