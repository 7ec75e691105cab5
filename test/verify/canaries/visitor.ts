import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { LOGINS } from "../../journeys/logins.ts";
import type { Reply, Sent } from "./canary-client.ts";
import type { CanaryWorld } from "./canary-world.ts";

const step = z.object({ title: z.string(), status: z.string(), result: z.unknown() });
const jobReply = z.object({
  id: z.string(),
  steps: z.array(step),
  links: z.object({ source: z.string().optional() }),
});
const failure = z.object({ code: z.enum(["mfa-expired", "invalid-credentials", "job-timed-out"]) });
const idReply = z.object({ id: z.string() });

export type VisitedJob = z.infer<typeof jobReply>;

/** Far more than any job needs, on a machine of any speed. */
const MAX_LOOKS = 1_000;
const FIRST_LOOKS = 5;
const [LOOK_AGAIN_MS, LOOK_LATER_MS] = [60, 250];

/** A user whose every secret is a canary. */
export class Visitor {
  readonly userId = randomUUID();
  readonly world: CanaryWorld;
  readonly #token: string;
  /** What its secrets are for: it stands in their names. */
  readonly #story: string;

  constructor(world: CanaryWorld, token: string, story: string) {
    this.world = world;
    this.#token = token;
    this.#story = story;
  }

  /** A login that the bank's side takes for this test user's, or for nobody's. */
  login(who?: keyof typeof LOGINS): Record<string, string> {
    const { register } = this.world;
    const known = who && LOGINS[who];
    return {
      loginId: register.text(`login of ${this.#story}`, known?.loginId),
      password: register.text(`password of ${this.#story}`, known?.password),
    };
  }

  secret(what: string, original?: string): string {
    return this.world.register.text(`${what} of ${this.#story}`, original);
  }

  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const sent: Sent = {
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return this.world.client.send(method, path, sent);
  }

  /** Posts a login, which is to get as far as the bank. */
  async begin(
    institutionId: string,
    login: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<string> {
    const reply = await this.post(institutionId, login, headers);
    this.world.register.toArrive(...Object.values(login));
    return idOf(reply, 202);
  }

  post(institutionId: string, login: object, headers?: Record<string, string>): Promise<Reply> {
    const body = { ...login, institution: { id: institutionId } };
    return this.call("POST", this.path("connections"), body, headers);
  }

  path(rest: string): string {
    return `/users/${this.userId}/${rest}`;
  }

  async job(jobId: string): Promise<VisitedJob> {
    return jobReply.parse((await this.call("GET", `/jobs/${jobId}`)).json);
  }

  /** Looks until the job is as wanted, or over. */
  async until(jobId: string, isAsWanted: (job: VisitedJob) => boolean): Promise<VisitedJob> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const reply = jobReply.safeParse((await this.call("GET", `/jobs/${jobId}`)).json);
      if (reply.success && (isOver(reply.data) || isAsWanted(reply.data))) return reply.data;
      await sleep(looks < FIRST_LOOKS ? LOOK_AGAIN_MS : LOOK_LATER_MS);
    }
    throw new Error(`${this.#story}: the job is never as wanted.`);
  }

  over = (jobId: string): Promise<VisitedJob> => this.until(jobId, () => false);
  asked = (jobId: string): Promise<VisitedJob> => this.until(jobId, isAsked);
  queued = (jobId: string): Promise<VisitedJob> => this.until(jobId, isQueued);

  /** Waits to be asked, if the job comes to that; one that is queued is cancelled. */
  async askedOrNot(jobId: string): Promise<void> {
    const job = await this.until(jobId, (shown) => isAsked(shown) || isQueued(shown));
    if (isQueued(job)) await this.call("DELETE", `/jobs/${jobId}`);
  }

  /** Over, and well. Its connection. */
  async connection(jobId: string): Promise<string> {
    const job = await this.over(jobId);
    const id = job.links.source?.split("/").at(-1);
    if (id === undefined || isFailed(job)) throw new Error(`${this.#story}: ${statuses(job)}`);
    return id;
  }

  /** Answers what is asked, with texts that are to get as far as the bank. */
  async answer(jobId: string, ...answers: string[]): Promise<void> {
    const reply = await this.call("POST", `/jobs/${jobId}/mfa`, { "mfa-response": answers });
    idOf(reply, 202);
    this.world.register.toArrive(...answers);
  }

  /** Waits to be asked, and answers. */
  async connectWithAnswers(
    institutionId: string,
    login: Record<string, string>,
    ...answers: string[]
  ): Promise<string> {
    const jobId = await this.begin(institutionId, login);
    await this.asked(jobId);
    await this.answer(jobId, ...answers);
    return this.connection(jobId);
  }
}

export function idOf(reply: Reply, ...statuses: number[]): string {
  if (!statuses.includes(reply.status))
    throw new Error(`Expected ${statuses}, got ${reply.status}: ${reply.text}`);
  return idReply.parse(reply.json).id;
}

export function isFailed({ steps }: VisitedJob): boolean {
  return steps.some(({ status }) => status === "failed");
}

function isOver(job: VisitedJob): boolean {
  return isFailed(job) || job.steps.every(({ status }) => /success|skipped/.test(status));
}

function isAsked({ steps }: VisitedJob): boolean {
  return steps.some(
    ({ title, status, result }) => title === "mfa-challenge" && status === "in-progress" && result !== null,
  );
}

function isQueued({ steps: [first] }: VisitedJob): boolean {
  return first?.status === "pending" && first.result !== null;
}

export function statuses({ steps }: VisitedJob): string {
  return steps.map(({ title, status, result }) => `${title}: ${status}${codeIn(result)}`).join(", ");
}

/** Of a failure, if it is one of ours: upstream's may hold anything. */
function codeIn(result: unknown): string {
  const { data } = failure.safeParse(result);
  return data === undefined ? "" : ` (${data.code})`;
}
