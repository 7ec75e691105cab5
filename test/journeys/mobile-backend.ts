import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { jobReply, mfaResult, stubReply, tokenReply } from "../../functions/http/reply-schemas.ts";
import { expectDescribed } from "../support/described-reply.ts";
import { FRESH_CONNECTION } from "../support/fresh-connection.ts";
import { expectLinksOfRoutes } from "./links.ts";
import type { Target } from "./target.ts";

/** Far more polls than any job needs, on any machine: a job that is stuck fails its test. */
const MAX_POLLS = 500;
const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 300;

export type StepReply = z.infer<typeof jobReply>["steps"][number];

export interface HttpReply {
  status: number;
  headers: Headers;
  json: unknown;
}

/** Waits before the next poll, each time a little longer: many clients that poll without a pause leave no time for the work they wait for. */
export function pauseAfter(polls: number): Promise<void> {
  return sleep(Math.min(FIRST_PAUSE_MS + polls * 10, LONGEST_PAUSE_MS));
}

/** The backend of a company, for one of its users. */
export class MobileBackend {
  readonly target: Target;
  readonly userId: string;
  #token: string | undefined;

  constructor(target: Target, userId: string = randomUUID(), token?: string) {
    this.target = target;
    this.userId = userId;
    this.#token = token;
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<HttpReply> {
    const headers = new Headers(init.headers);
    headers.set("connection", FRESH_CONNECTION.connection);
    const response = await fetch(`${this.target.apiUrl}${path}`, { method, ...init, headers });
    const text = await response.text();
    const { status } = response;
    const json: unknown = text === "" ? undefined : JSON.parse(text);
    if (method !== "HEAD") expectDescribed(method, path, status, json);
    expectLinksOfRoutes(json, this.target.apiUrl);
    return { status, headers: response.headers, json };
  }

  async trade(form: Record<string, string>, headers: Record<string, string> = {}): Promise<HttpReply> {
    return this.send("POST", "/token", {
      headers: { authorization: `Basic ${this.target.apiKey}`, "basiq-version": "3.0", ...headers },
      body: new URLSearchParams(form),
    });
  }

  async token(form: Record<string, string> = { scope: "SERVER_ACCESS" }): Promise<string> {
    return tokenReply.parse((await this.trade(form)).json).access_token;
  }

  async #bearer(): Promise<Record<string, string>> {
    this.#token ??= await this.token();
    return { authorization: `Bearer ${this.#token}` };
  }

  /** A request with this backend's token; a body goes as JSON. */
  async call(method: string, path: string, body?: object): Promise<HttpReply> {
    const headers = await this.#bearer();
    if (body === undefined) return this.send(method, path, { headers });
    const typed = { ...headers, "content-type": "application/json" };
    return this.send(method, path, { headers: typed, body: JSON.stringify(body) });
  }

  connect(institutionId: string, login: Record<string, string>): Promise<HttpReply> {
    return this.call("POST", `/users/${this.userId}/connections`, {
      ...login,
      institution: { id: institutionId },
    });
  }

  /** Connects, and returns the id of the new job. */
  async startJob(institutionId: string, login: Record<string, string>): Promise<string> {
    const reply = await this.connect(institutionId, login);
    if (reply.status !== 202)
      throw new Error(`Expected 202, got ${reply.status}: ${JSON.stringify(reply.json)}`);
    return stubReply.parse(reply.json).id;
  }

  readJob(jobId: string): Promise<HttpReply> {
    return this.call("GET", `/jobs/${jobId}`);
  }

  async job(jobId: string): Promise<z.infer<typeof jobReply>> {
    return jobReply.parse((await this.readJob(jobId)).json);
  }

  async answer(jobId: string, answers: unknown): Promise<HttpReply> {
    return this.send("POST", `/jobs/${jobId}/mfa`, {
      headers: await this.#bearer(),
      body: JSON.stringify({ "mfa-response": answers }),
    });
  }

  /** Polls until the steps are as wanted. */
  async until(jobId: string, isAsWanted: (steps: StepReply[]) => boolean): Promise<z.infer<typeof jobReply>> {
    for (let polls = 0; polls < MAX_POLLS; polls++) {
      const job = await this.job(jobId);
      if (isAsWanted(job.steps)) return job;
      await pauseAfter(polls);
    }
    throw new Error(
      `The job never came to the wanted state: ${JSON.stringify((await this.job(jobId)).steps)}`,
    );
  }

  untilOver(jobId: string) {
    return this.until(jobId, isOver);
  }

  /** Polls until the bank asks, and returns what it asks. */
  async untilAsked(jobId: string): Promise<z.infer<typeof mfaResult>> {
    const job = await this.until(jobId, (steps) => isOver(steps) || challengeIn(steps) !== undefined);
    return mfaResult.parse(challengeIn(job.steps));
  }

  /** The calls about this user that the sandbox received. */
  async upstreamCalls(): Promise<string[]> {
    const { calls } = z
      .object({
        calls: z.array(z.object({ method: z.string(), path: z.string(), userId: z.nullable(z.string()) })),
      })
      .parse(await (await this.control("GET", "ledger")).json());
    return calls.filter((call) => call.userId === this.userId).map(({ method, path }) => `${method} ${path}`);
  }

  /** Replaces the faults of the sandbox, for all users. An empty list ends them. */
  async faults(list: readonly object[]): Promise<void> {
    await this.control("PUT", "faults", list);
  }

  async institution(id: string, condition: object): Promise<void> {
    await this.control("PUT", `institutions/${id}`, condition);
  }

  /** A request to the control API of the sandbox. */
  async control(method: string, path: string, body?: unknown): Promise<Response> {
    const { sandboxUrl, sandboxKey } = this.target;
    const response = await fetch(`${sandboxUrl}/_control/${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        ...FRESH_CONNECTION,
        ...(sandboxKey !== undefined && { authorization: `Basic ${sandboxKey}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`The sandbox's control route answered ${response.status}.`);
    return response;
  }

  async loginsSent(): Promise<number> {
    const calls = await this.upstreamCalls();
    return calls.filter((call) => call === `POST /users/${this.userId}/connections`).length;
  }

  async answersSent(): Promise<number> {
    return (await this.upstreamCalls()).filter((call) => /^POST \/jobs\/.+\/mfa$/.test(call)).length;
  }
}

/** The steps of a job with a challenge that succeeded. */
export const ALL_DONE = [
  "verify-credentials: success",
  "mfa-challenge: success",
  "retrieve-accounts: success",
  "retrieve-transactions: success",
];

export function statuses(steps: readonly StepReply[]): string[] {
  return steps.map(({ title, status }) => `${title}: ${status}`);
}

export function isOver(steps: readonly StepReply[]): boolean {
  return (
    steps.some(({ status }) => status === "failed") ||
    steps.every(({ status }) => /success|skipped/.test(status))
  );
}

export function stepOf(steps: readonly StepReply[], title: string): StepReply | undefined {
  return steps.find((step) => step.title === title);
}

/** The aggregator shows no job, so that a job stays in a short state for as long as a test wants. */
export const BANK_OUT_OF_SIGHT = [{ method: "GET", path: "/jobs/*", times: 100_000, do: { status: 503 } }];

export function challengeIn(steps: readonly StepReply[]): unknown {
  const step = stepOf(steps, "mfa-challenge");
  return step?.status === "in-progress" && step.result !== null ? step.result : undefined;
}
