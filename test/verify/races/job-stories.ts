import type { TokenClaims } from "../../../functions/access/caller.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import type { Outcome } from "../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { failCurrentStep } from "../../../functions/jobs/domain/steps.ts";
import { adoptJobs } from "../../../functions/jobs/use-cases/adopt-jobs.ts";
import { answerChallenge } from "../../../functions/jobs/use-cases/answer-challenge.ts";
import { cancelJob } from "../../../functions/jobs/use-cases/cancel-job.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { refreshConnection } from "../../../functions/jobs/use-cases/refresh-connection.ts";
import { resumeJob } from "../../../functions/jobs/use-cases/resume-job.ts";
import { updateConnection } from "../../../functions/jobs/use-cases/update-connection.ts";
import type { FakePorts } from "../../support/fake-ports.ts";
import { gavin, lookOf, PLAIN, question, stepsOf, USER_ID, WITH_MFA } from "../../support/job-examples.ts";
import {
  done,
  donePlain,
  type Look,
  OUTAGE_PROBLEM,
  queuedUpstream,
} from "../../support/scripted-aggregator.ts";
import type { Request } from "./crash-world.ts";

const caller: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: USER_ID };
const atOnce = () => true;

/** What a user of the API asks for, in the stories of jobs. */
export function create(institutionId = "AU00000"): Request {
  return accepting((ports) => acceptConnection(ports, { userId: USER_ID, institutionId, login: gavin }));
}

export function update(connectionId: string): Request {
  return accepting((ports) => updateConnection(ports, { userId: USER_ID, connectionId, login: gavin }));
}

export function refresh(connectionId: string): Request {
  return accepting((ports) => refreshConnection(ports, { userId: USER_ID, connectionId }));
}

/** Jobs that began elsewhere. */
function adopt(...upstreamJobIds: string[]): Request {
  const all = (ports: FakePorts) => adoptJobs(ports, { userId: USER_ID, upstreamJobIds });
  return { when: atOnce, send: async (ports) => (await all(ports)).map(({ id }) => id) };
}

function accepting(accept: (ports: FakePorts) => Promise<{ job: Job }>): Request {
  return { when: atOnce, send: async (ports) => [(await accept(ports)).job.id] };
}

/** An answer as soon as the numbered challenge is shown. */
export function answer(text: string | readonly string[], number = 1): Request {
  const isAsked = (job: Job) => job.phase === "awaiting-answer" && job.challenge?.number === number;
  return about(isAsked, (ports, jobId) =>
    answerChallenge(ports, { jobId, caller, answers: [text].flat().map((one) => new Secret(one)) }),
  );
}

function cancel(isTime: (job: Job) => boolean): Request {
  return about(isTime, (ports, jobId) => cancelJob(ports, { jobId, caller }));
}

function resume(isTime: (job: Job) => boolean): Request {
  return about(isTime, (ports, jobId) => resumeJob(ports, { jobId, caller }));
}

/** A call about the first job that is as it is waited for. It is about the same one when it is made again. */
function about(
  isTime: (job: Job) => boolean,
  send: (ports: FakePorts, jobId: string) => Promise<Job>,
): Request {
  let jobId: string | undefined;
  return {
    when(rows) {
      jobId ??= rows.find(isTime)?.id;
      return jobId !== undefined;
    },
    async send(ports) {
      await send(ports, jobId ?? "").catch(unlessTooLate);
      return [];
    },
  };
}

/** A call that died may have been done: made again, it comes too late. */
function unlessTooLate(error: unknown): void {
  if (!(error instanceof Error && error.name === "Refusal")) throw error;
}

/** One way that a job can go. */
export interface Story {
  name: string;
  /** One create, unless something else is said. */
  requests(): Request[];
  /** What upstream does in it. */
  set(ports: FakePorts): void;
  /** `succeeded`, unless something else is said. */
  ends: Outcome;
  /** How it may end, too, when a request died and nobody made it again. */
  orElse?: Outcome[];
  /** Logins that upstream takes: at most one for each attempt. It takes one, unless something else is said. */
  logins: number;
  answers?: string[];
}

type Given = Pick<Story, "name" | "set"> & Partial<Story>;

function stories(given: readonly Given[]): Story[] {
  return given.map((one) => ({ requests: () => [create()], ends: "succeeded", logins: 1, ...one }));
}

const verified = { ...WITH_MFA, "verify-credentials": "success" } as const;
export const asking = (updated = "u1") =>
  lookOf(
    { ...verified, "mfa-challenge": "in-progress" },
    { challenge: { ...question, input: ["Code"] }, updated },
  );
export const deciding = lookOf({ ...verified, "mfa-challenge": "in-progress" }, { updated: "later" });
const wrong = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };

function addConnection({ upstream }: FakePorts, institutionId = "AU00000"): void {
  upstream.addConnection({ id: "c1", institutionId });
}

const plainLooks = ({ upstream }: FakePorts) =>
  upstream.script.looks.push(
    lookOf(PLAIN),
    lookOf({ ...PLAIN, "verify-credentials": "success" }, { connectionId: "c1" }),
    donePlain,
  );

const MINUTE = 60_000;
const THEIRS = { upstreamJobId: "theirs", isEarlier: true } as const;

/** Upstream works on a job that is none of ours for some time, and names it instead of taking a login. */
function busyFor({ upstream, clock }: FakePorts, ms: number): void {
  const { job, openConnection, refreshConnection } = upstream;
  Object.assign(upstream.addJob(USER_ID, "AU00000", THEIRS.upstreamJobId), { connectionId: "c1" });
  clock.pass(2 * MINUTE);
  const over = clock.after(ms);
  const isBusy = () => clock.now() < over;
  upstream.job = async (id) => {
    const shown = await job(id);
    return id === THEIRS.upstreamJobId ? { ...shown, ...(isBusy() ? lookOf(PLAIN) : donePlain), id } : shown;
  };
  upstream.openConnection = async (...args) => (isBusy() ? THEIRS : openConnection(...args));
  upstream.refreshConnection = async (...args) => (isBusy() ? THEIRS : refreshConnection(...args));
}

export const JOB_STORIES = stories([
  {
    name: "a plain job",
    set: plainLooks,
  },
  {
    name: "a job that is asked for twice",
    requests: () => [create(), create()],
    set: plainLooks,
  },
  {
    name: "a job whose login's and answer's replies are lost",
    requests: () => [create("AU00002"), answer("1234")],
    set: ({ upstream: { script } }) => {
      script.looks.push(asking());
      script.openings.push("reply-lost");
      script.answers.push("reply-lost");
      script.looksAfterAnswer.push([deciding, done]);
    },
    orElse: ["mfa-expired"],
    answers: ["1234"],
  },
  {
    name: "a job whose login arrives when nobody waits for the reply any more",
    set: ({ upstream: { script } }) => {
      script.looks.push(donePlain);
      script.openings.push("under-way");
    },
  },
  {
    name: "a job with two challenges",
    requests: () => [create("AU00002"), answer("1234"), answer("5678", 2)],
    set: ({ upstream: { script } }) => {
      script.looks.push(asking());
      script.looksAfterAnswer.push([deciding, asking("u2")], [deciding, done]);
    },
    orElse: ["mfa-expired"],
    answers: ["1234", "5678"],
  },
  {
    name: "a job whose challenge nobody answers",
    requests: () => [create("AU00002")],
    set: ({ upstream: { script } }) => script.looks.push(asking()),
    ends: "mfa-expired",
  },
  {
    name: "a job whose login the bank refuses",
    set: ({ upstream: { script } }) =>
      script.looks.push(lookOf(PLAIN), lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), wrong) })),
    ends: "credentials-refused",
  },
  {
    name: "a job whose login upstream does not even take",
    set: ({ upstream: { script } }) => {
      // However often the run dies before it can write that down.
      for (let times = 0; times < 20; times++) script.openings.push(new UpstreamRefused(400, wrong));
    },
    ends: "credentials-refused",
    logins: 0,
  },
  {
    name: "a refresh that asks",
    requests: () => [refresh("c1"), answer("1234")],
    set: (ports) => {
      addConnection(ports, "AU00002");
      ports.upstream.script.looks.push(asking());
      ports.upstream.script.looksAfterAnswer.push([deciding, done]);
    },
    orElse: ["mfa-expired"],
    answers: ["1234"],
  },
  {
    name: "a job whose challenge the bank ends by itself while its user is asked",
    requests: () => [create("AU00002")],
    set: ({ upstream: { script } }) => script.looks.push(asking(), done),
  },
  {
    name: "a job whose login and answer are sent after the pauses that upstream asks for",
    requests: () => [create("AU00002"), answer("1234")],
    set: ({ upstream: { script } }) => {
      const pause = new UpstreamUnavailable({ retryAfterMs: 30_000 });
      script.looks.push(asking());
      script.openings.push(pause);
      script.answers.push(pause);
      script.looksAfterAnswer.push([deciding, done]);
    },
    orElse: ["mfa-expired"],
    answers: ["1234"],
  },
  {
    name: "a job whose login upstream takes once it has ended a job of somebody else",
    set: (ports) => {
      ports.upstream.script.looks.push(lookOf(PLAIN), donePlain);
      busyFor(ports, MINUTE / 2);
    },
  },
  {
    name: "a refresh that follows a job of somebody else",
    requests: () => [refresh("c1")],
    set: (ports) => {
      addConnection(ports);
      // However often the run dies before it can write down which job it follows.
      busyFor(ports, 10 * MINUTE);
    },
    logins: 0,
  },
  {
    name: "an update, and a refresh that joins it",
    requests: () => [update("c1"), refresh("c1")],
    set: (ports) => {
      addConnection(ports);
      plainLooks(ports);
    },
  },
]);

/** A job begins elsewhere. The script says what it shows. */
function beginElsewhere({ upstream }: FakePorts, institutionId = "AU00000"): void {
  upstream.addJob(USER_ID, institutionId, "elsewhere");
}

const ours = (look: Look): Look => ({ ...look, namesSource: true });

export const ADOPTED_STORIES = stories([
  {
    name: "a job that is adopted twice",
    requests: () => [adopt("elsewhere"), adopt("ELSEWHERE", "elsewhere")],
    set: (ports) => {
      ports.upstream.script.looks.push(lookOf(PLAIN), ours(donePlain));
      beginElsewhere(ports);
    },
    logins: 0,
  },
  {
    name: "an adopted job that asks",
    requests: () => [adopt("elsewhere"), answer("1234")],
    set: (ports) => {
      ports.upstream.script.looks.push(asking());
      ports.upstream.script.looksAfterAnswer.push([deciding, ours(done)]);
      beginElsewhere(ports, "AU00002");
    },
    logins: 0,
    orElse: ["mfa-expired"],
    answers: ["1234"],
  },
  {
    name: "an adopted job that is never finished",
    requests: () => [adopt("elsewhere")],
    set: (ports) => {
      ports.policy.followLimitMs = MINUTE;
      ports.upstream.script.looks.push(lookOf(PLAIN));
      beginElsewhere(ports);
    },
    ends: "timed-out",
    logins: 0,
  },
  {
    name: "an adopted job that is cancelled",
    requests: () => [adopt("elsewhere"), cancel(({ phase }) => phase === "following")],
    set: (ports) => {
      ports.upstream.script.looks.push(...Array.from({ length: 30 }, () => lookOf(PLAIN)), ours(donePlain));
      beginElsewhere(ports);
    },
    ends: "cancelled",
    orElse: ["succeeded"],
    logins: 0,
  },
]);

const HOUR = 3600_000;
const outage = new UpstreamRefused(503, OUTAGE_PROBLEM);
const outageStep = lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), OUTAGE_PROBLEM) });

/** Upstream's record of every bank says that it is down, and refuses logins, until some time has passed. */
function downFor({ upstream, clock }: FakePorts, ms: number): void {
  const { institution, openConnection, updateConnection, refreshConnection } = upstream;
  const back = clock.after(ms);
  const isDown = () => clock.now() < back;
  upstream.institution = async (id) => {
    const bank = await institution(id);
    return bank && { ...bank, status: isDown() ? "major-outage" : "operational" };
  };
  const refuse = () => Promise.reject(outage);
  upstream.openConnection = (...args) => (isDown() ? refuse() : openConnection(...args));
  upstream.updateConnection = (...args) => (isDown() ? refuse() : updateConnection(...args));
  upstream.refreshConnection = (...args) => (isDown() ? refuse() : refreshConnection(...args));
}

export const QUEUE_STORIES = stories([
  {
    name: "a job that is refused by a bank that is down for three hours",
    set: (ports) => {
      downFor(ports, 3 * HOUR);
      ports.upstream.script.looks.push(donePlain);
    },
  },
  {
    name: "an update whose login is taken, and failed by an outage",
    requests: () => [update("c1")],
    set: (ports) => {
      addConnection(ports);
      ports.upstream.script.looksByJob.push([lookOf(PLAIN), outageStep], [donePlain]);
    },
    logins: 2,
  },
  {
    name: "a job in upstream's own queue",
    set: ({ upstream: { script } }) =>
      script.looks.push(lookOf(PLAIN), queuedUpstream(), queuedUpstream(), donePlain),
  },
  {
    name: "a job whose further attempt asks somebody who is not there",
    requests: () => [create("AU00003")],
    set: ({ upstream: { script } }) => script.looksByJob.push([outageStep], [asking()], [donePlain]),
    logins: 3,
  },
  {
    name: "a job that is ready for its user, who resumes it",
    requests: () => [
      create("AU00002"),
      resume(({ queue }) => queue?.reason === "ready-for-user"),
      answer("1234"),
    ],
    set: (ports) => {
      downFor(ports, 3 * HOUR);
      ports.upstream.script.looks.push(asking());
      ports.upstream.script.looksAfterAnswer.push([deciding, done]);
    },
    // Nobody was heard for a week; or the attempt that was asked for went without its answer, and back to the queue.
    orElse: ["unavailable"],
    answers: ["1234"],
  },
  {
    name: "a job that is resumed as soon as it is queued",
    requests: () => [create(), resume(({ phase }) => phase === "queued")],
    set: ({ upstream: { script } }) => script.looksByJob.push([outageStep], [donePlain]),
    logins: 2,
  },
  {
    name: "a refresh at a bank that is down",
    requests: () => [refresh("c1")],
    set: (ports) => {
      addConnection(ports);
      downFor(ports, 3 * HOUR);
    },
    ends: "unavailable",
    logins: 0,
  },
  {
    name: "a job that is cancelled while it is followed",
    requests: () => [create(), cancel(({ phase }) => phase === "following")],
    set: ({ upstream: { script } }) =>
      script.looks.push(...Array.from({ length: 30 }, () => lookOf(PLAIN)), donePlain),
    ends: "cancelled",
    orElse: ["succeeded"],
  },
  {
    name: "a job that is cancelled while its user is asked",
    requests: () => [create("AU00002"), cancel(({ phase }) => phase === "awaiting-answer")],
    set: ({ upstream: { script } }) => script.looks.push(asking()),
    ends: "cancelled",
    orElse: ["mfa-expired"],
  },
  {
    name: "a job that is resumed in the queue, and cancelled in it",
    requests: () => [
      create(),
      resume(({ phase }) => phase === "queued"),
      cancel(({ phase, generation = 1 }) => phase === "queued" && generation >= 2),
    ],
    set: (ports) => {
      downFor(ports, 3 * HOUR);
      ports.upstream.script.looks.push(donePlain);
    },
    ends: "cancelled",
    orElse: ["succeeded"],
    logins: 0,
  },
]);
