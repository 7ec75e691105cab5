import { isFinished, type Job, PHASES, type Phase } from "./job.ts";
import { currentStep, type StepTimes, statusOf, TIMED_STEPS } from "./steps.ts";

interface Transition {
  from: readonly Phase[];
  to: Phase | "unchanged";
}

const UNFINISHED = PHASES.filter((phase) => !isFinished({ phase }));

/** All events of a job, the phases that allow them, and the phases that follow. A job changes in no other way. */
export const TRANSITIONS = {
  attemptStarted: { from: ["accepted", "queued"], to: "opening" },
  loginPosting: { from: ["opening"], to: "opening" },
  connectionOpened: { from: ["opening"], to: "following" },
  attemptHeld: { from: ["accepted", "opening", "following", "awaiting-answer", "queued"], to: "queued" },
  heldUpstream: { from: ["following", "accepted", "queued"], to: "queued" },
  continuedUpstream: { from: ["queued", "accepted"], to: "following" },
  parked: { from: ["queued"], to: "queued" },
  woken: { from: ["queued"], to: "queued" },
  resumed: { from: ["queued"], to: "accepted" },
  stepsProgressed: { from: ["following"], to: "following" },
  challengeSeen: { from: ["following"], to: "challenged" },
  challengeOpened: { from: ["challenged", "awaiting-answer"], to: "awaiting-answer" },
  challengeClosed: { from: ["awaiting-answer", "sending-answer"], to: "following" },
  answerTaken: { from: ["awaiting-answer"], to: "answered" },
  answerSending: { from: ["answered"], to: "sending-answer" },
  answerPosting: { from: ["sending-answer"], to: "sending-answer" },
  answerSent: { from: ["sending-answer"], to: "following" },
  succeeded: { from: ["following"], to: "succeeded" },
  failed: { from: UNFINISHED, to: "failed" },
  restarted: { from: UNFINISHED, to: "unchanged" },
} as const satisfies Record<string, Transition>;

export type JobEvent = keyof typeof TRANSITIONS;

export class IllegalTransition extends Error {
  override readonly name = "IllegalTransition";
}

export function isLegal(event: JobEvent, phase: Phase): boolean {
  const from: readonly Phase[] = TRANSITIONS[event].from;
  return from.includes(phase);
}

function phaseAfter(phase: Phase, event: JobEvent): Phase {
  const { to } = TRANSITIONS[event];
  return to === "unchanged" ? phase : to;
}

/** The fields that an event changes besides the phase. `undefined` removes a field. */
export type JobChanges = Partial<
  Omit<
    Job,
    | "id"
    | "userId"
    | "institutionId"
    | "phase"
    | "version"
    | "createdAt"
    | "updatedAt"
    | "stepSince"
    | "stepMs"
    | "eventCount"
  >
>;

/** The events after which a job never changes again. */
type EndEvent = {
  [event in JobEvent]: (typeof TRANSITIONS)[event]["to"] extends "succeeded" | "failed" ? event : never;
}[JobEvent];

export interface OngoingChange {
  event: Exclude<JobEvent, EndEvent>;
  changes: JobChanges;
}

export interface EndingChange {
  event: EndEvent;
  changes: JobChanges;
}

export type JobChange = OngoingChange | EndingChange;

export function endsJob(change: JobChange): change is EndingChange {
  return change.event === "succeeded" || change.event === "failed";
}

/** Returns the job after an event. Throws {@link IllegalTransition} if the job's phase does not allow the event. */
export function transition(job: Job, { event, changes }: JobChange, now: Date): Job {
  if (!isLegal(event, job.phase)) throw new IllegalTransition(`${event} in ${job.phase}`);
  const after: Job = {
    ...job,
    ...changes,
    phase: phaseAfter(job.phase, event),
    version: job.version + 1,
    updatedAt: now.getTime() > Date.parse(job.updatedAt) ? now.toISOString() : job.updatedAt,
  };
  return {
    ...after,
    stepSince: stepSince(job, event, after),
    stepMs: stepMs(job, event, after),
    ...(isFinished(after) && NOTHING_TO_WAKE),
  };
}

/** A finished job waits for no answer: the write that ends it also removes the task token. */
const NOTHING_TO_WAKE = { sealedTaskToken: undefined };

/** A step begins when its attempt begins, or when the step before it ends. */
function stepSince(before: Job, event: JobEvent, after: Job): string | undefined {
  if (isFinished(after) || after.phase === "queued") return undefined;
  const isSame = currentStep(before.steps)?.title === currentStep(after.steps)?.title;
  return isSame && event !== "attemptStarted" ? before.stepSince : after.updatedAt;
}

/**
 * Adds the time of the current step, if it has succeeded. Later steps that have ended as well began and ended between two polls,
 * at unknown times.
 */
function stepMs(
  { steps, stepSince: since, stepMs: times }: Job,
  event: JobEvent,
  after: Job,
): StepTimes | undefined {
  if (event === "attemptStarted" || after.phase === "queued") return undefined;
  const step = TIMED_STEPS.find((title) => title === currentStep(steps)?.title);
  if (step === undefined || since === undefined || statusOf(after.steps, step) !== "success") return times;
  return { ...times, [step]: Date.parse(after.updatedAt) - Date.parse(since) };
}
