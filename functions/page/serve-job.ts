import { jobOfPath } from "../access/authenticate.ts";
import type { UserCountDeps } from "../access/rate-limit.ts";
import { formOf, type HttpRequest } from "../http/request.ts";
import type { InstitutionStates } from "../institutions/domain/ports.ts";
import type { InstitutionState } from "../institutions/domain/state.ts";
import { parseMfaRequest } from "../jobs/api/requests.ts";
import type { Clock } from "../jobs/domain/clock.ts";
import { isFinished, type Job, kindOf } from "../jobs/domain/job.ts";
import { blockedForMs } from "../jobs/domain/login.ts";
import type { Ports, RefusedLoginNotes } from "../jobs/domain/ports.ts";
import { counted } from "../jobs/domain/queue.ts";
import { Refusal, type RefusalReason } from "../jobs/domain/refusal.ts";
import { shownChallenge, shownQueue } from "../jobs/domain/shown.ts";
import { answerChallenge } from "../jobs/use-cases/answer-challenge.ts";
import { type CancelDeps, cancelJob } from "../jobs/use-cases/cancel-job.ts";
import { readJob } from "../jobs/use-cases/read-job.ts";
import { resumeJob } from "../jobs/use-cases/resume-job.ts";
import type { Session } from "../links/domain/session.ts";
import type { Banks } from "./bank.ts";
import { jobPage } from "./job-page.ts";
import type { PageReply } from "./page-handler.ts";
import { pathOfJob, pathOfLogin } from "./paths.ts";
import { backWithJob, callerOf, goTo, sessionOf, unlessOver, type VisitDeps } from "./visit.ts";

export type JobPageDeps = Omit<VisitDeps, "clock"> &
  CancelDeps &
  UserCountDeps &
  Pick<Ports, "vault" | "sealer" | "waker"> & {
    clock: Clock;
    banks: Pick<Banks, "find">;
    refusedLogins: Pick<RefusedLoginNotes, "find">;
    states: Pick<InstitutionStates, "find">;
  };

/** `GET /connect/jobs/{jobId}` */
export async function showJob(deps: JobPageDeps, request: HttpRequest): Promise<PageReply> {
  const session = await sessionOf(deps, request);
  const job = await readJob(deps, { jobId: jobOfPath(request), caller: callerOf(session) });
  const page = jobPage({
    job: counted(job, deps.clock),
    bankName: await nameOfBank(deps, job),
    bankState: await stateOfBank(deps, job),
    msUntil: deps.clock.msUntil,
    back: (outcome) => backWithJob(session, job, outcome),
    loginForm: loginFormFor(deps, session, job),
    blockedMs: await blockedMsOf(deps, job),
    unanswered: unansweredIn(request, job),
  });
  return { status: 200, page };
}

/** The questions that the person has left out, if they are those of the page. */
function unansweredIn(request: HttpRequest, job: Job): number[] {
  const challenge = shownChallenge(job);
  if (challenge === undefined || Number(request.query("challenge")) !== challenge.number) return [];
  const places = request.query("unanswered")?.split(",") ?? [];
  return challenge.input.flatMap((_, place) => (places.includes(String(place)) ? [place] : []));
}

/** The page of a job does not need the aggregator: without it, only the bank's name is missing. */
async function nameOfBank({ banks }: JobPageDeps, { institutionId }: Job): Promise<string | undefined> {
  const bank = await banks.find(institutionId).catch(() => undefined);
  return bank?.name;
}

/** Only of a job that waits for its bank. The page does not need it: without it, only a sentence is missing. */
async function stateOfBank({ states }: JobPageDeps, job: Job): Promise<InstitutionState | undefined> {
  if (shownQueue(job)?.reason !== "institution-unavailable") return undefined;
  return states.find(job.institutionId).catch(() => undefined);
}

/** Returns the form for another login to the same bank, if this session may give one. */
function loginFormFor({ settings }: JobPageDeps, session: Session, job: Job): string | undefined {
  if (!settings.takesLogins) return undefined;
  const isOfLink =
    kindOf(job) === "create"
      ? session.connectionId === undefined &&
        (session.institutionId ?? job.institutionId) === job.institutionId
      : kindOf(job) === "update" && session.connectionId === job.connectionId;
  return isOfLink ? pathOfLogin(job.institutionId) : undefined;
}

async function blockedMsOf({ settings, refusedLogins, clock }: JobPageDeps, job: Job): Promise<number> {
  if (!settings.takesLogins || !isFinished(job)) return 0;
  return blockedForMs(await refusedLogins.find(job.userId, job.institutionId), clock.now());
}

/** `POST /connect/jobs/{jobId}/mfa`: takes the answer. The page then shows what the bank decides. */
export async function takeAnswer(deps: JobPageDeps, request: HttpRequest): Promise<PageReply> {
  const session = await unlessOver(sessionOf(deps, request));
  const jobId = jobOfPath(request);
  if (session === undefined) return goTo(pathOfJob(jobId));
  const caller = callerOf(session);
  const form = formOf(request);
  const given = form.getAll("answer");
  const empty = given.flatMap((answer, place) => (answer.trim() === "" ? [place] : []));
  // A browser keeps what it has sent to a page that it shows. Therefore, this too leads to another one.
  if (empty.length > 0) {
    const left = { challenge: form.get("challenge") ?? "", unanswered: empty.join(",") };
    return goTo(`${pathOfJob(jobId)}?${new URLSearchParams(left)}`);
  }
  const answers = parseMfaRequest({ "mfa-response": given.map((answer) => answer.trim()) });
  await unless(["challenge-not-active", "challenge-over"], () =>
    answerChallenge(deps, { jobId, caller, answers, seen: Number(form.get("challenge")) }),
  );
  return goTo(pathOfJob(jobId));
}

/** `POST /connect/jobs/{jobId}/cancel` */
export async function cancel(deps: JobPageDeps, request: HttpRequest): Promise<PageReply> {
  const session = await sessionOf(deps, request);
  const jobId = jobOfPath(request);
  await unless(["job-over"], () => cancelJob(deps, { jobId, caller: callerOf(session) }));
  return goTo(pathOfJob(jobId));
}

/** `POST /connect/jobs/{jobId}/resume` */
export async function resume(deps: JobPageDeps, request: HttpRequest): Promise<PageReply> {
  const session = await sessionOf(deps, request);
  const jobId = jobOfPath(request);
  await unless(["job-not-waiting"], () => resumeJob(deps, { jobId, caller: callerOf(session) }));
  return goTo(pathOfJob(jobId));
}

/** The job has changed since the person saw it, or the form was sent twice: then its page says how the job is now. */
async function unless(reasons: readonly RefusalReason[], act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal) || !reasons.includes(error.problems[0].reason)) throw error;
  }
}
