import type { TokenClaims } from "../../functions/access/caller.ts";
import { renderAccepted, renderStubs } from "../../functions/jobs/api/replies.ts";
import { packAnswers, unpackAnswers } from "../../functions/jobs/domain/challenge.ts";
import { derivedId, type KeyedRequest, type StoredReply } from "../../functions/jobs/domain/idempotency.ts";
import { bringsLogin, type Job, type Phase } from "../../functions/jobs/domain/job.ts";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { answerTo, loginOf, Secret, taskTokenOf } from "../../functions/jobs/domain/secret.ts";
import type { StepStatus } from "../../functions/jobs/domain/steps.ts";
import type { Accepted } from "../../functions/jobs/use-cases/accept-job.ts";
import { answerChallenge } from "../../functions/jobs/use-cases/answer-challenge.ts";
import { acceptConnection } from "../../functions/jobs/use-cases/create-connection.ts";
import { followJob } from "../../functions/jobs/use-cases/follow-job.ts";
import { takePost, type Work } from "../../functions/jobs/use-cases/once-per-key.ts";
import { openConnection } from "../../functions/jobs/use-cases/open-connection.ts";
import { refreshConnections } from "../../functions/jobs/use-cases/refresh-connection.ts";
import { sendAnswer } from "../../functions/jobs/use-cases/send-answer.ts";
import { sweepJob } from "../../functions/jobs/use-cases/sweep.ts";
import { START } from "./fake-clock.ts";
import { type FakePorts, fakePorts } from "./fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  gavin,
  JOB_ID,
  jobOf,
  lookOf,
  question,
  stepsOf,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "./job-examples.ts";
import type { Look } from "./scripted-aggregator.ts";

const EIGHT_DAYS_MS = 8 * 24 * 3600_000;

/** Such as `vault.store`. */
type PortCall = {
  [Name in keyof FakePorts]: `${Name}.${keyof FakePorts[Name] & string}`;
}[keyof FakePorts];

/** Runs something just before the next such call. The calls after that are as before. */
export function beforeNext(ports: FakePorts, name: PortCall, happens: () => unknown): void {
  replaceNext(ports, name, async (call) => {
    await happens();
    return call();
  });
}

/** Makes the next such call fail without an effect. The calls after that work. */
export function failOnce(ports: FakePorts, name: PortCall, error: Error = new Error("died")): void {
  beforeNext(ports, name, () => Promise.reject(error));
}

/** Makes the next such call fail after its effect. The calls after that work. */
export function loseReply(ports: FakePorts, name: PortCall): void {
  replaceNext(ports, name, async (call) => {
    await call();
    throw new Error("died");
  });
}

function replaceNext(ports: FakePorts, name: PortCall, replaced: (call: () => unknown) => unknown): void {
  const [portName = "", method = ""] = name.split(".");
  const port: object = Reflect.get(ports, portName);
  const call: unknown = Reflect.get(port, method);
  if (typeof call !== "function") throw new Error(`${name} is no call`);
  const next = async (...args: unknown[]) => {
    Object.assign(port, { [method]: call });
    return replaced(() => Reflect.apply(call, port, args));
  };
  Object.assign(port, { [method]: next });
}

/** Returns the reason of the refusal that a call ends in, or the other error, or the result. */
export async function reasonOf(call: Promise<unknown>): Promise<unknown> {
  const ended: unknown = await call.catch((error: unknown) => error);
  return ended instanceof Refusal ? ended.problems[0].reason : ended;
}

/** A job with its login, if its kind has one. */
async function withLogin(job: Job) {
  const ports = fakePorts();
  ports.jobs.put(job);
  if (bringsLogin(job)) {
    await ports.vault.store(loginOf(job), packLogin(gavin), ports.clock.after(EIGHT_DAYS_MS));
  }
  return { ports, row: () => ports.jobs.row(job.id) };
}

/** A job with its login; `open` opens its connection. */
export async function jobToOpen(job: Job = jobOf()) {
  const { ports, row } = await withLogin(job);
  const { connectionId, institutionId } = job;
  if (connectionId !== undefined) ports.upstream.addConnection({ id: connectionId, institutionId });
  return { ports, row, open: () => openConnection(ports, { jobId: JOB_ID }) };
}

/** A job whose run died between recording its attempt and reading the reply. */
export const openingJob = jobOf({ phase: "opening", version: 2, attempt: 1, attemptAt: START });

/** A job with its login, whose upstream job shows one of the looks at each poll; `follow` follows it. */
export async function jobToFollow(looks: readonly (Look | Error)[], job: Job = followingJob()) {
  const { ports, row } = await withLogin(job);
  ports.upstream.script.looks.push(...looks);
  ports.upstream.addJob(USER_ID, "AU00000", UPSTREAM_JOB_ID);
  return { ports, row, follow: () => followJob(ports, { jobId: JOB_ID }) };
}

export const caller: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: USER_ID };

/** A job that waits for the answer to its challenge, and functions that post answers. */
export async function waitingJob(job = awaitingJob()) {
  const ports = fakePorts();
  const sealed = await ports.sealer.seal(taskTokenOf(job), new Secret("task-token"));
  ports.jobs.put({ ...job, sealedTaskToken: Buffer.from(sealed).toString("base64") });
  const answer = (texts: readonly string[], by = caller) =>
    answerChallenge(ports, { jobId: JOB_ID, caller: by, answers: texts.map((text) => new Secret(text)) });
  return {
    ports,
    answer,
    row: () => ports.jobs.row(JOB_ID),
    stored: async () => {
      const packed = await ports.vault.reveal(answerTo(job, { number: 1 }));
      return packed && unpackAnswers(packed).map((text) => text.reveal());
    },
    refusal: (texts: readonly string[] = ["1234"], by = caller) => reasonOf(answer(texts, by)),
  };
}

const answered = challengeOf({ isAnswered: true, expiresAt: "2026-01-05T09:02:00.000Z" });
/** A job in a phase, whose challenge step has a status. */
export const jobAt = (phase: Phase, status: StepStatus, challenge = answered) =>
  awaitingJob({
    phase,
    challenge,
    steps: stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": status }),
  });

const asking = lookOf(
  { ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" },
  { challenge: { ...question, input: ["OTP Password"] } },
);
const deciding = lookOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" });

/** A job whose answer was accepted. */
export const answeredJob = (changes: Partial<Job> = {}) =>
  awaitingJob({ phase: "answered", sealedTaskToken: "c2VhbGVk", challenge: answered, ...changes });

/** A job with its login, and with the answer to its challenge unless `isUnexpired` is false; `send` sends it. */
export async function jobToSend(job: Job, options: { isUnexpired: boolean } = { isUnexpired: true }) {
  const { ports, row } = await withLogin(job);
  ports.upstream.script.looks.push(asking);
  ports.upstream.script.looksAfterAnswer.push([deciding]);
  ports.upstream.addJob(USER_ID, "AU00002", UPSTREAM_JOB_ID);
  if (options.isUnexpired) await keepAnswer(ports, job);
  return { ports, row, send: () => sendAnswer(ports, { jobId: JOB_ID }) };
}

/** A job with its login, which is due to be swept; `sweep` sweeps it. */
export async function dueJob(job: Job, execution?: "running" | "ended") {
  const { ports, row } = await withLogin({ sweepAt: START, ...job });
  if (execution !== undefined) ports.executions.states.set(nameOf(job.generation), execution);
  return { ports, row, sweep: () => sweepJob(ports, JOB_ID) };
}

/** As {@link dueJob}, with an answer that was stored and whose workflow was not woken. */
export async function dueWithAnswer(changes: Partial<Job> = {}) {
  const job = awaitingJob(changes);
  const due = await dueJob(job, "running");
  const { ports } = due;
  const sealed = await ports.sealer.seal(taskTokenOf(job), new Secret("task-token"));
  ports.jobs.put({ ...due.row(), sealedTaskToken: Buffer.from(sealed).toString("base64") });
  await keepAnswer(ports, job);
  return due;
}

async function keepAnswer(ports: FakePorts, job: Job): Promise<void> {
  const answers = packAnswers([new Secret("1234")]);
  await ports.vault.store(answerTo(job, { number: 1 }), answers, ports.clock.after(3_600_000));
}

export function nameOf(generation = 1, jobId = JOB_ID): string {
  return `${jobId}-${generation}`;
}

/** A job whose login and first answer are stored. */
export async function withSecrets(job: Job) {
  const { ports, row } = await withLogin(job);
  await keepAnswer(ports, job);
  return { ports, row };
}

interface Example {
  text?: string;
  key?: string;
  userId?: string;
}

export function keyed({ text = "POST /a\n{}", key = "k-1", userId = USER_ID }: Example = {}): KeyedRequest {
  return { userId, key, text: new Secret(text) };
}

export interface CountedWork extends Work {
  /** The job ids that the runs got. */
  readonly runs: string[];
}

/** Work whose reply names its owner and counts its runs. `fail` may make it fail or wait. */
export function countedWork(fail?: (jobId: string) => Promise<unknown>, by = "one"): CountedWork {
  const runs: string[] = [];
  return {
    runs,
    run: async (jobId): Promise<StoredReply> => {
      runs.push(jobId);
      await fail?.(jobId);
      return { status: 202, body: { type: "job", by, run: runs.length, id: jobId }, jobId };
    },
    begun: ({ id }) => ({ status: 202, body: { type: "job", id }, jobId: id }),
  };
}

const options = { apiUrl: "https://api.test", stepResults: "object" } as const;
const render = (accepted: Accepted) => renderAccepted(accepted, options);
const renderAll = (jobs: readonly Job[]) => ({ status: 202, body: renderStubs(jobs, options) });

/** Requests with an Idempotency-Key, as the functions of the API run them. */
export const CALLS = {
  create: (ports: FakePorts, key = "k-1"): Promise<StoredReply> =>
    takePost(ports, USER_ID, keyed({ key }), {
      run: async (jobId) => {
        const request = { userId: USER_ID, institutionId: "AU00000", login: gavin };
        return render(await acceptConnection({ ...ports, newId: () => jobId }, request));
      },
      begun: (job) => render({ isNew: true, job }),
    }),

  "refresh all": (ports: FakePorts, key = "k-1"): Promise<StoredReply> =>
    takePost(ports, USER_ID, keyed({ key }), {
      run: async (id) => {
        const idFor = (connectionId: string) => derivedId(id, connectionId);
        return renderAll(await refreshConnections(ports, { userId: USER_ID, idFor }));
      },
      begun: (job) => renderAll([job]),
    }),
};
