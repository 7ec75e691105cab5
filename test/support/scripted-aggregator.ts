import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import type { Institution } from "../../functions/jobs/domain/institution.ts";
import type { Login } from "../../functions/jobs/domain/login.ts";
import type { Upstream } from "../../functions/jobs/domain/ports.ts";
import type { Step } from "../../functions/jobs/domain/steps.ts";
import type { Connection, Posted, UpstreamJob } from "../../functions/jobs/domain/upstream-job.ts";
import type { FakePorts } from "./fake-ports.ts";
import { lookOf, PLAIN, USER_ID } from "./job-examples.ts";

/** With which upstream says that the bank is the trouble. */
export const OUTAGE_PROBLEM = {
  code: "service-unavailable",
  title: "Down",
  detail: "3rd party service down",
};

/** What upstream's record of a bank says of it from now on. */
export function setStatus({ upstream }: FakePorts, status: string, institutionId = "AU00000"): void {
  const bank = upstream.institutions.get(institutionId);
  if (bank === undefined) throw new Error(`no institution ${institutionId}`);
  upstream.institutions.set(institutionId, { ...bank, status });
}

/** What a look at a job shows, or the error that it ends in. */
export type Look = Pick<UpstreamJob, "steps"> & Partial<UpstreamJob>;

/**
 * What becomes of a post: nothing special, lost before or after it was heard, heard late, refused, or not taken in favour of a job
 * that is named instead.
 */
export type Fate = "heard" | "reply-lost" | "never-arrived" | "under-way" | Error | Posted;

type Posting = "openConnection" | "updateConnection" | "refreshConnection" | "answer";

const UNDER_WAY_MS = 40_000;

export interface Call {
  call: keyof Upstream;
  subject: string;
  /** Whether upstream did what it was asked for. */
  isDone: boolean;
  /** The secrets that came along. */
  sent: string[];
}

interface Script {
  /** For the posts to come, in turn; heard when there is none left. */
  openings: Fate[];
  answers: Fate[];
  /** What a new job shows, look by look; the last one stays. */
  looks: (Look | Error)[];
  /** What the next new jobs show instead, in turn. */
  looksByJob: (Look | Error)[][];
  /** What a job shows from its next answer on. */
  looksAfterAnswer: (Look | Error)[][];
  institutionFails: Error[];
  listFails: Error[];
  /** Nothing arrives, and every call ends without a reply. */
  isDown: boolean;
}

interface KeptJob {
  userId: string;
  listedFrom: Date;
  shown: UpstreamJob;
  looks: (Look | Error)[];
}

const plain = { needsSecurityCode: false, needsSecondaryLoginId: false, status: "operational" } as const;

const INSTITUTIONS: readonly Institution[] = [
  { ...plain, id: "AU00000", authorization: "user" },
  { ...plain, id: "AU00002", authorization: "user-mfa" },
  { ...plain, id: "AU00003", authorization: "user-mfa-intermittent" },
  { ...plain, id: "AU00006", authorization: "user", needsSecurityCode: true, needsSecondaryLoginId: true },
  { ...plain, id: "AU19301", authorization: "token" },
];

const UNKNOWN = { code: "resource-not-found", title: "Not found", detail: "There is no such resource." };
const NOT_VALID = { code: "parameter-not-valid", title: "Not valid", detail: "Institution is not valid." };

const NOTHING_YET: Step[] = [{ title: "verify-credentials", status: "pending", result: null }];

/**
 * Upstream in memory: jobs that go through a script of looks, posts that meet the fate they are given. It refuses what names an
 * institution, a connection or a job that it does not know.
 */
export function scriptedUpstream(clock: Clock) {
  const ledger: Call[] = [];
  const institutions = new Map(INSTITUTIONS.map((institution) => [institution.id, institution]));
  const jobs = new Map<string, KeptJob>();
  const connections: { userId: string; connection: Connection }[] = [];
  const script: Script = {
    openings: [],
    answers: [],
    looks: [],
    looksByJob: [],
    looksAfterAnswer: [],
    institutionFails: [],
    listFails: [],
    isDown: false,
  };

  function post(call: Posting, subject: string, sent: string[], fate: Fate): void {
    ledger.push({ call, subject, sent, isDone: fate !== "never-arrived" && typeof fate === "string" });
    if (fate instanceof Error) throw fate;
    if (fate === "never-arrived") throw new UpstreamUnavailable();
  }

  function asked(call: "institution" | "job" | "jobsOf", subject: string): void {
    ledger.push({ call, subject, sent: [], isDone: false });
    if (script.isDown) throw new UpstreamUnavailable();
  }

  /** What becomes of a post: what the script says, or a refusal when it names something unknown. */
  function fateOf(fates: Fate[], refusal: UpstreamRefused | undefined): Fate {
    if (script.isDown) return "never-arrived";
    const fate = fates.shift() ?? "heard";
    return fate === "never-arrived" || typeof fate === "object" ? fate : (refusal ?? fate);
  }

  function connectionsOf(userId: string): Connection[] {
    return connections.flatMap((known) => (known.userId === userId ? [known.connection] : []));
  }

  function addConnection(connection: Connection, userId: string = USER_ID): void {
    connections.push({ userId, connection });
  }

  /** A connection is known from the moment when a job shows it. */
  function noteConnection({ userId, shown: { connectionId: id, institutionId } }: KeptJob): void {
    if (id === undefined || institutionId === undefined) return;
    if (!connectionsOf(userId).some((known) => known.id === id)) addConnection({ id, institutionId }, userId);
  }

  function addJob(userId: string, institutionId: string, id = `upstream-${jobs.size + 1}`): UpstreamJob {
    const at = clock.now().toISOString();
    const shown: UpstreamJob = { id, created: at, updated: at, institutionId, steps: NOTHING_YET };
    const looks = script.looksByJob.shift() ?? [...script.looks];
    jobs.set(id, { userId, shown, looks, listedFrom: clock.now() });
    return shown;
  }

  function open(
    call: Posting,
    {
      userId,
      institutionId,
      connectionId,
    }: { userId: string; institutionId?: string; connectionId?: string },
    login: Login = {},
  ): Posted {
    const known = connectionsOf(userId).find(({ id }) => id === connectionId);
    const at = connectionId === undefined ? institutionId : known?.institutionId;
    const fate = fateOf(script.openings, refusalOf(at, connectionId));
    const sent = Object.values(login).map((secret) => secret.reveal());
    post(call, `${userId} ${connectionId ?? institutionId}`, sent, fate);
    if (typeof fate === "object" && !(fate instanceof Error)) return fate;
    const { id } = addJob(userId, at ?? "");
    const job = jobs.get(id);
    if (job !== undefined && connectionId !== undefined) job.shown = { ...job.shown, connectionId };
    if (fate === "under-way" && job !== undefined) {
      job.listedFrom = clock.after(UNDER_WAY_MS);
      throw new UpstreamUnavailable({ mayStillArrive: true });
    }
    if (fate === "reply-lost") throw new UpstreamUnavailable();
    return { upstreamJobId: id };
  }

  function refusalOf(institutionId: string | undefined, connectionId: string | undefined) {
    if (connectionId !== undefined) return institutionId === undefined ? refused(404, UNKNOWN) : undefined;
    return institutions.has(institutionId ?? "") ? undefined : refused(400, NOT_VALID);
  }

  const upstream: Upstream = {
    connection: async (userId, connectionId) => {
      if (script.isDown) throw new UpstreamUnavailable();
      return structuredClone(connectionsOf(userId).find(({ id }) => id === connectionId));
    },
    connectionsOf: async (userId) => {
      if (script.isDown) throw new UpstreamUnavailable();
      return structuredClone(connectionsOf(userId));
    },
    institution: async (institutionId) => {
      asked("institution", institutionId);
      const failure = script.institutionFails.shift();
      if (failure !== undefined) throw failure;
      return institutions.get(institutionId);
    },
    openConnection: async (userId, institutionId, login) =>
      open("openConnection", { userId, institutionId }, login),
    updateConnection: async (userId, connectionId, login) =>
      open("updateConnection", { userId, connectionId }, login),
    refreshConnection: async (userId, connectionId) => open("refreshConnection", { userId, connectionId }),
    job: async (upstreamJobId) => {
      asked("job", upstreamJobId);
      const job = jobs.get(upstreamJobId);
      if (job === undefined) throw refused(404, UNKNOWN);
      const look = job.looks.length > 1 ? job.looks.shift() : job.looks[0];
      if (look instanceof Error) throw look;
      job.shown = { ...job.shown, challenge: undefined, ...look, id: upstreamJobId };
      noteConnection(job);
      return structuredClone(job.shown);
    },
    jobsOf: async (userId, connectionId) => {
      asked("jobsOf", userId);
      const failure = script.listFails.shift();
      if (failure !== undefined) throw failure;
      const listed = [...jobs.values()].filter((job) => job.listedFrom <= clock.now());
      const isWanted = ({ shown }: KeptJob) =>
        connectionId === undefined || shown.connectionId === connectionId;
      return listed.filter((job) => job.userId === userId && isWanted(job)).map(({ shown }) => shown);
    },
    answer: async (_userId, upstreamJobId, answers) => {
      const job = jobs.get(upstreamJobId);
      const fate = fateOf(script.answers, job === undefined ? refused(404, UNKNOWN) : undefined);
      const sent = answers.map((answer) => answer.reveal());
      post("answer", upstreamJobId, sent, fate);
      if (job !== undefined) job.looks = script.looksAfterAnswer.shift() ?? job.looks;
      if (fate === "reply-lost") throw new UpstreamUnavailable();
    },
  };

  return {
    ...upstream,
    script,
    ledger,
    institutions,
    addConnection,
    addJob,
    /** The posts of a kind that upstream took. */
    done: (call: Call["call"]) => ledger.filter((entry) => entry.call === call && entry.isDone),
    calls: (call: Call["call"]) => ledger.filter((entry) => entry.call === call),
  };
}

function refused(status: number, problem: UpstreamRefused["problem"]): UpstreamRefused {
  return new UpstreamRefused(status, problem);
}

const result = {
  code: "temporary-unavailable-queued",
  title: "Institution temporary unavailable, retry pending",
  detail: "3rd party service temporary unavailable. Job queued, retry in 2 hours.",
};

/** What a job shows that upstream holds in its own queue. */
export function queuedUpstream(): UpstreamJob {
  const look = lookOf(PLAIN);
  const steps = look.steps.map((step) => (step.title === "verify-credentials" ? { ...step, result } : step));
  return { ...look, steps };
}

export const done = lookOf(
  {
    "verify-credentials": "success",
    "mfa-challenge": "success",
    "retrieve-accounts": "success",
    "retrieve-transactions": "success",
  },
  { connectionId: "c1" },
);
export const donePlain = lookOf(
  { "verify-credentials": "success", "retrieve-accounts": "success", "retrieve-transactions": "success" },
  { connectionId: "c1" },
);
