import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import {
  AVIATO,
  HOOLI,
  HOOLI_GOV,
  LOGINS,
  NUCLEUS,
  PIED_PIPER,
  RAVIGA,
  TOKEN_BANK,
} from "../../journeys/logins.ts";
import type { CanaryWorld, Reply } from "./canary-world.ts";

const step = z.object({ title: z.string(), status: z.string(), result: z.unknown() });
const jobReply = z.object({
  id: z.string(),
  steps: z.array(step),
  links: z.object({ source: z.string().optional() }),
});
const failure = z.object({ code: z.enum(["mfa-expired", "invalid-credentials", "job-timed-out"]) });
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

  /** Posts a login that has to reach upstream. */
  async begin(
    institutionId: string,
    login: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<string> {
    const reply = await this.post(institutionId, login, headers);
    const jobId = idOf(reply, 202);
    this.world.register.toArrive(...Object.values(login));
    return jobId;
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
    this.world.register.toArrive(...answers);
  }

  /** Posts answers that have to reach upstream, after which the job may end in any way. The reply says so if it is in time. */
  async answerInVain(jobId: string, ...answers: string[]): Promise<void> {
    const { status, text } = await this.postAnswers(jobId, ...answers);
    if (status !== 202 && status !== 400) throw new Error(`Expected 202 or 400, got ${status}: ${text}`);
    this.world.register.toArrive(...answers);
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

function isFailed({ steps }: VisitedJob): boolean {
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

function statuses({ steps }: VisitedJob): string {
  return steps.map(({ title, status, result }) => `${title}: ${status}${codeIn(result)}`).join(", ");
}

/** Only codes of ours: upstream's may contain a canary. */
function codeIn(result: unknown): string {
  const { data } = failure.safeParse(result);
  return data === undefined ? "" : ` (${data.code})`;
}

/** The life of a job. Throws if it ends otherwise. */
export type Journey = (visitor: Visitor) => Promise<void>;

export const CODE = "1234";
const COMPANY = "Hooli";
const USER_TOKEN = "token:PTln18RhwL";

export async function fails(visitor: Visitor, jobId: string, code?: string): Promise<void> {
  const job = await visitor.over(jobId);
  if (!isFailed(job) || !JSON.stringify(job.steps).includes(code ?? "")) throw new Error(statuses(job));
}

/** Journeys that can run side by side: they change the status of no bank. */
export const JOURNEYS: { readonly [name: string]: Journey } = {
  "a plain connection": async (visitor) => {
    await visitor.connection(await visitor.begin(HOOLI, visitor.login("gavin")));
  },
  "a code": async (visitor) => {
    await visitor.connectWithAnswers(PIED_PIPER, visitor.login("jared"), visitor.secret("answer", CODE));
  },
  "security questions": async (visitor) => {
    const answers = [visitor.secret("first answer", "Basiq"), visitor.secret("second answer", HOOLI)];
    await visitor.connectWithAnswers(PIED_PIPER, visitor.login("whistler"), ...answers);
  },
  "an approval in the bank's app": async (visitor) => {
    await visitor.connectWithAnswers(AVIATO, visitor.login("gavin"), "confirmed");
  },
  "a second challenge": async (visitor) => {
    visitor.world.echoing.asksTwice(visitor.userId);
    const jobId = await visitor.beginAsked("gilfoyle");
    await visitor.answer(jobId, visitor.secret("first answer", COMPANY));
    await visitor.asked(jobId);
    await visitor.answer(jobId, visitor.secret("second answer", COMPANY));
    await visitor.connection(jobId);
  },
  "a wrong answer": async (visitor) => {
    const jobId = await visitor.beginAsked("richard");
    await visitor.answerInVain(jobId, visitor.secret("wrong answer"));
    await fails(visitor, jobId, "invalid-credentials");
  },
  "an answer posted twice": async (visitor) => {
    const jobId = await visitor.beginAsked("jared");
    const rivals = ["answer", "rival answer"].map((what) => visitor.secret(what, CODE));
    await Promise.all(rivals.map((rival) => visitor.postAnswers(jobId, rival)));
    await visitor.over(jobId);
  },
  "a bank that asks sometimes": async (visitor) => {
    const jobId = await visitor.begin(NUCLEUS, visitor.login("jared"));
    const steps = await visitor.asked(jobId);
    if (!/mfa-challenge: (skipped|success)/.test(statuses(steps)))
      await visitor.answer(jobId, visitor.secret("answer", CODE));
    await visitor.connection(jobId);
  },
  "a user token": async (visitor) => {
    const login = { userToken: visitor.secret("user token", USER_TOKEN) };
    await visitor.connection(await visitor.begin(TOKEN_BANK, login));
  },
  "a wrong user token": async (visitor) => {
    const login = { userToken: visitor.secret("user token") };
    await fails(visitor, await visitor.begin(TOKEN_BANK, login), "invalid-credentials");
  },
  "a security code": async (visitor) => {
    const login = {
      ...visitor.login("ash"),
      securityCode: visitor.secret("security code"),
      secondaryLoginId: visitor.secret("secondary login"),
    };
    await visitor.connection(await visitor.begin(RAVIGA, login));
  },
  "a wrong login": async (visitor) => {
    await fails(visitor, await visitor.begin(HOOLI, visitor.login()), "invalid-credentials");
  },
  "an update": async (visitor) => {
    const connectionId = await visitor.connection(await visitor.begin(HOOLI_GOV, visitor.login("gavin")));
    const login = visitor.login("laurie");
    const reply = await visitor.call("POST", visitor.path(`connections/${connectionId}`), login);
    const jobId = idOf(reply, 202);
    visitor.world.register.toArrive(...Object.values(login));
    await visitor.connection(jobId);
  },
  "an update with a wrong login": async (visitor) => {
    const connectionId = await visitor.connection(await visitor.begin(HOOLI, visitor.login("max")));
    const reply = await visitor.call("POST", visitor.path(`connections/${connectionId}`), visitor.login());
    await fails(visitor, idOf(reply, 202), "invalid-credentials");
  },
  "a refresh, and one of all": async (visitor) => {
    const connectionId = await visitor.connection(await visitor.begin(HOOLI, visitor.login("gavin")));
    const refreshed = await visitor.call("POST", visitor.path(`connections/${connectionId}/refresh`));
    await visitor.connection(idOf(refreshed, 202));
    const reply = await visitor.call("POST", visitor.path("connections/refresh"));
    if (reply.status !== 202) throw new Error(reply.text);
    await visitor.call("GET", visitor.path(`jobs?filter=connection.id.eq('${connectionId}')`));
  },
  "a duplicate, and a list": async (visitor) => {
    const jobId = await visitor.begin(PIED_PIPER, visitor.login("jared"));
    const again = idOf(await visitor.post(PIED_PIPER, visitor.login("jared")), 200);
    if (again !== jobId) throw new Error("Another job.");
    await visitor.call("GET", visitor.path("jobs"));
    await visitor.asked(jobId);
    await visitor.answer(jobId, visitor.secret("answer", CODE));
    await visitor.connection(jobId);
    await visitor.call("GET", visitor.path("jobs"));
  },
  "a cancel before, and one while it asks": async (visitor) => {
    // At another bank: upstream goes on with a cancelled job, and takes no other login meanwhile.
    const first = idOf(await visitor.post(AVIATO, visitor.login("jared")), 202);
    idOf(await visitor.call("DELETE", `/jobs/${first}`), 202);
    const second = await visitor.beginAsked("jared");
    idOf(await visitor.call("DELETE", `/jobs/${second}`), 202);
    await fails(visitor, second, "job-cancelled");
  },
  "an Idempotency-Key": async (visitor) => {
    const headers = { "idempotency-key": visitor.world.register.header("Idempotency-Key") };
    const login = visitor.login("gavin");
    const jobId = await visitor.begin(HOOLI, login, headers);
    const again = idOf(await visitor.post(HOOLI, login, headers), 202);
    if (again !== jobId) throw new Error("Another job.");
    const other = await visitor.post(HOOLI, visitor.login("gavin"), headers);
    if (other.status !== 422) throw new Error(`Expected 422, got ${other.status}`);
    await visitor.connection(jobId);
  },
  "logins until the bank would lock the account": async (visitor) => {
    for (let time = 0; time < 3; time++) await fails(visitor, await visitor.begin(HOOLI, visitor.login()));
    const blocked = await visitor.post(HOOLI, visitor.login("gavin"));
    if (blocked.status !== 429) throw new Error(`Expected 429, got ${blocked.status}`);
  },
  "a challenge that nobody answers": async (visitor) => {
    const jobId = await visitor.beginAsked("jared");
    await fails(visitor, jobId, "mfa-expired");
    await visitor.postAnswers(jobId, visitor.secret("late answer", CODE));
  },
};
