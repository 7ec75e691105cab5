import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import type { Institution } from "../../functions/jobs/domain/institution.ts";
import type { Login } from "../../functions/jobs/domain/login.ts";
import type { Upstream } from "../../functions/jobs/domain/ports.ts";
import type { Step } from "../../functions/jobs/domain/steps.ts";
import type { Connection, UpstreamJob } from "../../functions/jobs/domain/upstream-job.ts";

/** What a look at a job shows, or the error that it ends in. */
export type Look = Pick<UpstreamJob, "steps"> & Partial<UpstreamJob>;

/** What becomes of a post: nothing special, lost before or after it was heard, heard late, or refused. */
export type Fate = "heard" | "reply-lost" | "never-arrived" | "under-way" | Error;

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
}

interface KeptJob {
  userId: string;
  listedFrom: Date;
  shown: UpstreamJob;
  looks: (Look | Error)[];
}

const NOTHING_YET: Step[] = [{ title: "verify-credentials", status: "pending", result: null }];

/** Upstream in memory: jobs that go through a script of looks, posts that meet the fate they are given. */
export function scriptedUpstream(clock: Clock) {
  const ledger: Call[] = [];
  const institutions = new Map<string, Institution>();
  const jobs = new Map<string, KeptJob>();
  const connections: Connection[] = [];
  const script: Script = {
    openings: [],
    answers: [],
    looks: [],
    looksByJob: [],
    looksAfterAnswer: [],
    institutionFails: [],
    listFails: [],
  };

  function post(call: Posting, subject: string, sent: string[], fate: Fate): void {
    ledger.push({ call, subject, sent, isDone: !(fate instanceof Error || fate === "never-arrived") });
    if (fate instanceof Error) throw fate;
    if (fate === "never-arrived") throw new UpstreamUnavailable();
  }

  function asked(call: "institution" | "job" | "jobsOf", subject: string): void {
    ledger.push({ call, subject, sent: [], isDone: false });
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
    userId: string,
    institutionId: string,
    { login = {}, connectionId }: { login?: Login; connectionId?: string },
  ): { upstreamJobId: string } {
    const fate = script.openings.shift() ?? "heard";
    const sent = Object.values(login).map((secret) => secret.reveal());
    post(call, `${userId} ${connectionId ?? institutionId}`, sent, fate);
    const { id } = addJob(userId, institutionId);
    const job = jobs.get(id);
    if (job !== undefined && connectionId !== undefined) job.shown = { ...job.shown, connectionId };
    if (fate === "under-way" && job !== undefined) {
      job.listedFrom = clock.after(UNDER_WAY_MS);
      throw new UpstreamUnavailable({ mayStillArrive: true });
    }
    if (fate === "reply-lost") throw new UpstreamUnavailable();
    return { upstreamJobId: id };
  }

  function institutionOf(connectionId: string): string {
    return connections.find(({ id }) => id === connectionId)?.institutionId ?? "AU00000";
  }

  const upstream: Upstream = {
    connection: async (_userId, connectionId) => connections.find(({ id }) => id === connectionId),
    connectionsOf: async () => connections,
    institution: async (institutionId) => {
      asked("institution", institutionId);
      const failure = script.institutionFails.shift();
      if (failure !== undefined) throw failure;
      return institutions.get(institutionId);
    },
    openConnection: async (userId, institutionId, login) =>
      open("openConnection", userId, institutionId, { login }),
    updateConnection: async (userId, connectionId, login) =>
      open("updateConnection", userId, institutionOf(connectionId), { login, connectionId }),
    refreshConnection: async (userId, connectionId) =>
      open("refreshConnection", userId, institutionOf(connectionId), { connectionId }),
    job: async (upstreamJobId) => {
      asked("job", upstreamJobId);
      const job = jobs.get(upstreamJobId);
      if (job === undefined) throw new UpstreamUnavailable();
      const look = job.looks.length > 1 ? job.looks.shift() : job.looks[0];
      if (look instanceof Error) throw look;
      job.shown = { ...job.shown, challenge: undefined, ...look, id: upstreamJobId };
      return structuredClone(job.shown);
    },
    jobsOf: async (userId) => {
      asked("jobsOf", userId);
      const failure = script.listFails.shift();
      if (failure !== undefined) throw failure;
      const listed = [...jobs.values()].filter((job) => job.listedFrom <= clock.now());
      return listed.filter((job) => job.userId === userId).map((job) => job.shown);
    },
    answer: async (upstreamJobId, answers) => {
      const fate = script.answers.shift() ?? "heard";
      const sent = answers.map((answer) => answer.reveal());
      post("answer", upstreamJobId, sent, fate);
      const job = jobs.get(upstreamJobId);
      if (job !== undefined) job.looks = script.looksAfterAnswer.shift() ?? job.looks;
      if (fate === "reply-lost") throw new UpstreamUnavailable();
    },
  };

  return {
    ...upstream,
    script,
    ledger,
    institutions,
    connections,
    addJob,
    /** The posts of a kind that upstream took. */
    done: (call: Call["call"]) => ledger.filter((entry) => entry.call === call && entry.isDone),
    calls: (call: Call["call"]) => ledger.filter((entry) => entry.call === call),
  };
}
