import { challengeOf, failureOf, queueOf, stateOf } from "../../client/job-state.ts";
import type { Challenge, Job, QueuedResult, Step } from "../../client/types.ts";
import { printable } from "./printable.ts";

export type Style = "good" | "bad" | "busy" | "quiet" | "strong";
export type Paint = (style: Style, text: string) => string;

/** In milliseconds, as far as this program has seen it. */
interface StepTime {
  /** When it was last seen pending. A short step may end before it is seen in progress. */
  pendingAt?: number;
  startedAt?: number;
  endedAt?: number;
}

/** When each step began and ended. */
export type StepTimes = ReadonlyMap<string, StepTime>;

/** Adds the times that follow from the job as it is now. The API does not tell when a step began or ended. */
export function timeSteps(before: StepTimes, { steps }: Pick<Job, "steps">, nowMs: number): StepTimes {
  return new Map(steps.map(({ title, status }) => [title, timeOf(before.get(title) ?? {}, status, nowMs)]));
}

function timeOf({ pendingAt, startedAt, endedAt }: StepTime, status: string, nowMs: number): StepTime {
  if (status === "pending") return { pendingAt: nowMs };
  if (status === "in-progress") return { startedAt: startedAt ?? nowMs };
  const beganAt = startedAt ?? pendingAt;
  return { ...(beganAt !== undefined && { startedAt: beganAt }), endedAt: endedAt ?? nowMs };
}

const STYLES: { readonly [status: string]: Style } = {
  success: "good",
  failed: "bad",
  "in-progress": "busy",
  pending: "quiet",
  skipped: "quiet",
};

/** The longest status is `in-progress`. With the longest published title and a time, a line has 40 characters. */
const STATUS_CHARS = 11;
const TIME_CHARS = 6;

/** Returns the lines that a terminal shows while the job runs: one for each step, with its time. */
export function stepLines(
  { steps }: Pick<Job, "steps">,
  times: StepTimes,
  nowMs: number,
  paint: Paint,
): string[] {
  const widest = Math.max(0, ...steps.map(({ title }) => printable(title).length));
  return steps.map(({ title, status }) => {
    const { startedAt, endedAt } = times.get(title) ?? {};
    const time = startedAt === undefined ? "" : seconds((endedAt ?? nowMs) - startedAt);
    const shown = printable(status).padEnd(STATUS_CHARS);
    const style = STYLES[status] ?? "busy";
    return `${printable(title).padEnd(widest)} ${paint(style, shown)} ${time.padStart(TIME_CHARS)}`.trimEnd();
  });
}

/** Returns one line for each step that changed, with the time since the program began to look. */
export function changeLines(before: Job | undefined, job: Job, elapsedMs: number): string[] {
  return job.steps.flatMap((step, index) => {
    const words = wordsOf(step);
    const earlier = before?.steps[index];
    const wasShown = earlier !== undefined && wordsOf(earlier) === words;
    if (wasShown || (before === undefined && step.status === "pending" && step.result === null)) return [];
    return [`${seconds(elapsedMs).padStart(8)}  ${printable(step.title).padEnd(21)}  ${words}`];
  });
}

function wordsOf(step: Step): string {
  const status = printable(step.status);
  const challenge = challengeOf({ steps: [step] });
  if (challenge !== undefined) return `${status}, the bank asks: ${questionsOf(challenge).join(", ")}`;
  const queue = queueOf({ steps: [step] });
  return queue === undefined ? status : `${status}, waits in the queue`;
}

function questionsOf({ input }: Challenge): string[] {
  return input.map(printable);
}

/** Returns the sentences that say how the job ended, or what it waits for. */
export function conclusionOf(job: Job): string[] {
  const queue = queueOf(job);
  if (queue !== undefined) return queueLines(queue);
  const failure = failureOf(job);
  if (failure !== undefined) {
    const { step, code, detail } = failure;
    return [`${printable(step)} failed: ${sentence(printable(detail))} (${printable(code)})`];
  }
  return stateOf(job) === "succeeded" ? ["The bank is connected."] : ["The job goes on."];
}

function queueLines({ detail, attempt, attemptsLeft, nextAttemptAt }: QueuedResult): string[] {
  return [
    sentence(printable(detail)),
    `The job waits in the queue. Attempt ${attempt} of ${attempt + attemptsLeft} is over; the next one is at ${printable(nextAttemptAt)}.`,
  ];
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Such as `2.6 s`. From 100 s on, in whole seconds, and from 10 minutes on, in minutes. */
export function seconds(ms: number): string {
  const all = Math.max(0, ms) / 1000;
  if (all >= 600) return `${Math.floor(all / 60)} min`;
  return all >= 99.95 ? `${Math.round(all)} s` : `${all.toFixed(1)} s`;
}

/** The time until a deadline, such as `1:53`. */
export function timeLeft(expiresAt: string, nowMs: number): string {
  const left = Math.max(0, Math.ceil((Date.parse(expiresAt) - nowMs) / 1000)) || 0;
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
