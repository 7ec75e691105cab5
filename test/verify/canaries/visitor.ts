import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import type { CanaryWorld, Reply } from "./canary-world.ts";

const step = z.object({ title: z.string(), status: z.string(), result: z.unknown() });
const jobReply = z.object({
  id: z.string(),
  steps: z.array(step),
  links: z.object({ source: z.string().optional() }),
});
const failure = z.object({ code: z.enum(["mfa-expired", "invalid-credentials", "job-timed-out"]) });
const linkReply = z.object({ links: z.object({ public: z.string() }) });
const idReply = z.object({ id: z.string() });

export type VisitedJob = z.infer<typeof jobReply>;

/** Far more than any job needs: a stuck job fails its journey, whatever the machine's speed. */
const MAX_LOOKS = 1_000;
const FIRST_LOOKS = 5;
const [LOOK_AGAIN_MS, LOOK_LATER_MS] = [60, 250];

/** A user whose every secret is a canary. */
export class Visitor {
  readonly userId = randomUUID();
  readonly world: CanaryWorld;
  readonly #token: string;
  /** The secrets of accepted requests, which have to reach upstream. */
  readonly sent: string[] = [];
  /** It is part of the names of its canaries. */
  readonly #story: string;

  constructor(world: CanaryWorld, token: string, story: string) {
    this.world = world;
    this.#token = token;
    this.#story = story;
  }

  /** A login that upstream knows as that of a test user, or an unknown one. */
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
    return this.world.client.send(method, path, {
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Uploads a statement, whose content and file name are secrets. */
  upload(institutionId: string, query: string): Promise<Reply> {
    const file = `filename="${this.secret("file name")}.pdf"`;
    const parts = [
      `name="institutionId"\r\n\r\n${institutionId}`,
      `name="statement"; ${file}\r\n\r\n%PDF-1.4 ${this.secret("statement")}`,
    ];
    const form = parts.map((part) => `--b\r\ncontent-disposition: form-data; ${part}\r\n`).join("");
    return this.world.client.send("POST", `${this.path("statements")}${query}`, {
      headers: {
        authorization: `Bearer ${this.#token}`,
        "content-type": "multipart/form-data; boundary=b",
      },
      body: `${form}--b--`,
    });
  }

  /** Posts a login that has to reach upstream. */
  async begin(
    institutionId: string,
    login: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<string> {
    const reply = await this.post(institutionId, login, headers);
    const jobId = idOf(reply, 202);
    this.#hasSent(...Object.values(login));
    return jobId;
  }

  #hasSent(...texts: string[]): void {
    this.sent.push(...texts);
    this.world.register.toArrive(...texts);
  }

  /** Begins at a bank that asks, and waits for the challenge. */
  async beginAsked(who: keyof typeof LOGINS): Promise<string> {
    const jobId = await this.begin(PIED_PIPER, this.login(who));
    await this.asked(jobId);
    return jobId;
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

  /** Polls until the job is as wanted, or over. */
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

  /** Waits for the challenge or the end. Cancels the job if it is queued. */
  async askedOrNot(jobId: string): Promise<void> {
    const job = await this.until(jobId, (shown) => isAsked(shown) || isQueued(shown));
    if (isQueued(job)) await this.call("DELETE", `/jobs/${jobId}`);
  }

  /** Waits for the end. Returns the connection, or throws if the job failed. */
  async connection(jobId: string): Promise<string> {
    const job = await this.over(jobId);
    const id = job.links.source?.split("/").at(-1);
    if (id === undefined || isFailed(job)) throw new Error(`${this.#story}: ${statuses(job)}`);
    return id;
  }

  postAnswers(jobId: string, ...answers: string[]): Promise<Reply> {
    return this.call("POST", `/jobs/${jobId}/mfa`, { "mfa-response": answers });
  }

  /** Posts answers that have to reach upstream. */
  async answer(jobId: string, ...answers: string[]): Promise<void> {
    idOf(await this.postAnswers(jobId, ...answers), 202);
    this.#hasSent(...answers);
  }

  /** Posts answers that have to reach upstream, after which the job may end in any way. The reply says so if it is in time. */
  async answerInVain(jobId: string, ...answers: string[]): Promise<void> {
    const { status, text } = await this.postAnswers(jobId, ...answers);
    if (status !== 202 && status !== 400) throw new Error(`Expected 202 or 400, got ${status}: ${text}`);
    this.#hasSent(...answers);
  }

  /** Opens a link to a bank that asks, logs in on our page, and answers there. */
  async connectOnPage(institutionId: string, login: Record<string, string>, answer: string): Promise<string> {
    const made = await this.call("POST", this.path("auth_link"), { institutionId });
    const { links } = linkReply.parse(made.json);
    const cookies = new Map<string, string>();
    const load = async (method: string, path: string, fields: Record<string, string> = {}) => {
      const { origin } = new URL(links.public);
      const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
      const reply = await this.world.client.send(method, path, {
        headers: { origin, cookie, "content-type": "application/x-www-form-urlencoded" },
        ...(method === "POST" && { body: String(new URLSearchParams(fields)) }),
        redirect: "manual",
      });
      for (const header of reply.headers.getSetCookie()) {
        const [pair = ""] = header.split(";");
        const at = pair.indexOf("=");
        cookies.set(pair.slice(0, at), pair.slice(at + 1));
      }
      return reply;
    };
    const { pathname } = new URL(links.public);
    await load("GET", pathname);
    await load("POST", pathname);
    await load("GET", "/connect/login");
    const page = (await load("POST", "/connect/login", login)).headers.get("location") ?? "";
    this.#hasSent(...Object.values(login));
    const jobId = page.split("/").at(-1) ?? "";
    await this.asked(jobId);
    await load("GET", page);
    await load("GET", `${page}/changes`);
    await load("POST", `${page}/mfa`, { challenge: "1", answer });
    this.#hasSent(answer);
    await load("GET", page);
    return this.connection(jobId);
  }

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

/** Only codes of ours: upstream's may contain a canary. */
function codeIn(result: unknown): string {
  const { data } = failure.safeParse(result);
  return data === undefined ? "" : ` (${data.code})`;
}
