import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Login, tokenRequest } from "./backend.ts";
import type { LocalMode } from "./local-mode.ts";

const token = z.object({ access_token: z.string() });
const stub = z.object({ id: z.string() });
const step = z.object({ title: z.string(), status: z.string(), result: z.unknown() });
const job = z.object({ id: z.string(), steps: z.array(step) });
const list = z.object({ data: z.array(stub) });
const ledger = z.object({
  calls: z.array(z.object({ method: z.string(), path: z.string(), userId: z.nullable(z.string()) })),
});

export type Steps = z.infer<typeof job>["steps"];
type Heard = { status: number; json: unknown } | undefined;

/** Far more than anything takes, on a machine of any speed. */
const MAX_LOOKS = 1_200;
const LOOK_EVERY_MS = 50;

/** A backend's user, who lives longer than local mode does. */
export class LastingUser {
  readonly userId = randomUUID();
  jobId = "";
  #local: Pick<LocalMode, "apiUrl" | "sandboxUrl"> = { apiUrl: "", sandboxUrl: undefined };
  #token = "";

  /** Speaks to this life of local mode from now on. A token that an earlier one gave is good. */
  async meet(local: LocalMode): Promise<void> {
    this.#local = local;
    if (this.#token !== "") return;
    const reply = await tokenRequest(local.apiUrl, local.apiKey ?? "");
    this.#token = token.parse(await reply.json()).access_token;
  }

  /** Nothing when the connection was cut. */
  async ask(method: string, path: string, body?: object): Promise<Heard> {
    const authorization = `Bearer ${this.#token}`;
    // Of one user's calls only the create takes it. Repeated, it is the same one, even when its job has ended.
    const headers = {
      authorization,
      "content-type": "application/json",
      "idempotency-key": "the only create",
    };
    try {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${this.#local.apiUrl}${path}`, { method, headers, ...sent });
      return { status: response.status, json: await response.json() };
    } catch {
      return undefined;
    }
  }

  /** The status; 0 when none was heard. */
  async create(institutionId: string, { loginId, password }: Login): Promise<number> {
    const body = { loginId, password, institution: { id: institutionId } };
    const heard = await this.ask("POST", `/users/${this.userId}/connections`, body);
    const told = stub.safeParse(heard?.json);
    if (told.success) this.jobId = told.data.id;
    return heard?.status ?? 0;
  }

  /** Repeats the create until it is answered: for half a minute, the one that died may be at work. */
  async insist(institutionId: string, login: Login): Promise<void> {
    for (let tries = 0; tries < MAX_LOOKS; tries++) {
      const status = await this.create(institutionId, login);
      if (status === 200 || status === 202) return;
      await sleep(LOOK_EVERY_MS);
    }
    throw new Error("The create was never answered.");
  }

  async answer(answers: readonly string[]): Promise<number> {
    return (await this.ask("POST", `/jobs/${this.jobId}/mfa`, { "mfa-response": answers }))?.status ?? 0;
  }

  async resume(): Promise<number> {
    return (await this.ask("POST", `/jobs/${this.jobId}/resume`))?.status ?? 0;
  }

  async cancel(): Promise<number> {
    return (await this.ask("DELETE", `/jobs/${this.jobId}`))?.status ?? 0;
  }

  async steps(): Promise<Steps> {
    return job.parse((await this.ask("GET", `/jobs/${this.jobId}`))?.json).steps;
  }

  async until(isAsWanted: (steps: Steps) => boolean): Promise<Steps> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const steps = await this.steps();
      if (isAsWanted(steps)) return steps;
      await sleep(LOOK_EVERY_MS);
    }
    throw new Error(`Never as wanted: ${JSON.stringify(await this.steps())}`);
  }

  async jobIds(): Promise<string[]> {
    const heard = await this.ask("GET", `/users/${this.userId}/jobs`);
    return list.parse(heard?.json).data.map(({ id }) => id);
  }

  /** The jobs that are listed, once what dead requests have left is gone. */
  async jobIdsLeft(): Promise<string[]> {
    for (let looks = 1; looks < MAX_LOOKS && (await this.jobIds()).length > 1; looks++)
      await sleep(LOOK_EVERY_MS);
    return this.jobIds();
  }

  /** What the bank's side was asked to do for this user, such as `POST /users/U/connections`. */
  async posted(): Promise<string[]> {
    const reply = await fetch(`${this.#local.sandboxUrl}/_control/ledger`);
    const mine = ledger.parse(await reply.json()).calls.filter(({ userId }) => userId === this.userId);
    return mine.filter(({ method }) => method === "POST").map(({ path }) => path);
  }

  async institution(id: string, condition: object): Promise<void> {
    await fetch(`${this.#local.sandboxUrl}/_control/institutions/${id}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(condition),
    });
  }
}

export function isOver(steps: Steps): boolean {
  return steps.some(({ status }) => status === "failed") || steps.every(({ status }) => status === "success");
}

export function isAsked(steps: Steps): boolean {
  return steps.some(
    ({ title, result }) =>
      title === "mfa-challenge" && result !== null && typeof result === "object" && "method" in result,
  );
}

export function isQueued([first]: Steps): boolean {
  return first?.status === "pending" && first.result !== null;
}
