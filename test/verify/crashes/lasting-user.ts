import { setTimeout as sleep } from "node:timers/promises";
import { jobListReply, stubReply } from "../../../functions/http/reply-schemas.ts";
import { cancel, list, resume } from "../../journeys/calls.ts";
import { MobileBackend, type StepReply } from "../../journeys/mobile-backend.ts";
import { post } from "../../journeys/posting.ts";
import type { LocalMode } from "../support/program.ts";

/** Far more than anything takes, on a machine of any speed. */
const MAX_LOOKS = 1_200;
const POLL_EVERY_MS = 50;

/** The status of a reply; 0 when local mode died before it replied. */
const statusOf = (asked: Promise<{ status: number }>) => asked.then(({ status }) => status).catch(() => 0);

/** A backend's user with one job, who lives longer than local mode does. Every life has the same addresses. */
export class LastingUser extends MobileBackend {
  jobId = "";
  readonly #token: string;

  constructor(local: LocalMode, token: string) {
    super(local, undefined, token);
    this.#token = token;
  }

  /** A token that an earlier life gave is valid in the next one. */
  static async of(local: LocalMode): Promise<LastingUser> {
    return new LastingUser(local, await new MobileBackend(local).token());
  }

  /** Has an Idempotency-Key: a repetition is the same create, even when its job has ended. */
  async create(institutionId: string, login: object): Promise<number> {
    const body = JSON.stringify({ ...login, institution: { id: institutionId } });
    const path = `/users/${this.userId}/connections`;
    const creating = post(this, { path, body }, "the only create", this.#token);
    const heard = await creating.catch(() => ({ status: 0, text: "{}" }));
    this.jobId = stubReply.safeParse(JSON.parse(heard.text)).data?.id ?? this.jobId;
    return heard.status;
  }

  /** Repeats the create until it is answered: for half a minute, the one that died may be at work. */
  async insist(institutionId: string, login: object): Promise<void> {
    for (let tries = 0; tries < MAX_LOOKS; tries++) {
      const status = await this.create(institutionId, login);
      if (status === 200 || status === 202) return;
      await sleep(POLL_EVERY_MS);
    }
    throw new Error("The create was never answered.");
  }

  answers(answers: readonly string[]): Promise<number> {
    return statusOf(this.answer(this.jobId, answers));
  }

  resume(): Promise<number> {
    return statusOf(resume(this, this.jobId));
  }

  cancel(): Promise<number> {
    return statusOf(cancel(this, this.jobId));
  }

  async steps(): Promise<StepReply[]> {
    return (await this.job(this.jobId)).steps;
  }

  async sees(isAsWanted: (steps: StepReply[]) => boolean): Promise<StepReply[]> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const steps = await this.steps();
      if (isAsWanted(steps)) return steps;
      await sleep(POLL_EVERY_MS);
    }
    throw new Error(`Never as wanted: ${JSON.stringify(await this.steps())}`);
  }

  /** The jobs that are listed, once those of requests that died are gone. */
  async jobIdsLeft(): Promise<string[]> {
    for (let looks = 1; ; looks++) {
      const ids = jobListReply.parse((await list(this)).json).data.map(({ id }) => id);
      if (ids.length <= 1 || looks === MAX_LOOKS) return ids;
      await sleep(POLL_EVERY_MS);
    }
  }

  /** How many logins and answers the aggregator got. */
  async posted(): Promise<number> {
    return (await this.upstreamCalls()).filter((call) => call.startsWith("POST ")).length;
  }
}
