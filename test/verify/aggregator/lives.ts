/*
 * What an upstream job shows in the course of time, and the shapes that the reference allows for it.
 */

export interface ShownStep {
  [field: string]: unknown;
  title: string;
  status: string;
  result?: { [field: string]: unknown } | null;
}

/** The steps that a job shows; `unknown` while the aggregator does not find the job. */
export type Scene = readonly ShownStep[] | "unknown";

/** What is shown from which second on: since the login, and since each answer. */
export type Timeline = readonly (readonly [second: number, scene: Scene])[];

/** A job's timelines, by the number of answers that were taken. */
export type Life = readonly Timeline[];

export const PLAIN = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];
export const MFA = ["verify-credentials", "mfa-challenge", "retrieve-accounts", "retrieve-transactions"];
export const FIVE = [...MFA, "retrieve-statements"];

/** The first steps have succeeded, and the next one runs. */
export function at(titles: readonly string[], done: number): ShownStep[] {
  const statusOf = (index: number) => (index < done ? "success" : index === done ? "in-progress" : "pending");
  return titles.map((title, index) => ({ title, status: statusOf(index), result: null }));
}

const changed = (steps: ShownStep[], index: number, change: Partial<ShownStep>) =>
  steps.map((step, each) => (each === index ? { ...step, ...change } : step));

/** A step has failed. */
export function failed(titles: readonly string[], index: number, code: string): ShownStep[] {
  const result = { type: "error", code, title: "It failed", detail: "In the bank's words" };
  return changed(at(titles, index), index, { status: "failed", result });
}

/** The bank asks something. */
export function asks(input: readonly string[] = ["Code"], more: object = {}, titles = MFA): ShownStep[] {
  const links = { response: "https://upstream.example/jobs/61720/mfa" };
  const question = { type: "mfa", method: "token", description: "A code was sent", input, expiryMs: 120_000 };
  return changed(at(titles, 1), 1, { result: { ...question, links, ...more } });
}

export const questions = () =>
  asks(["Your first pet?", "Your first car?"], { method: "security-questions", description: "Who are you?" });

/** The job waits in the aggregator's own queue. */
export function queued(titles = PLAIN): ShownStep[] {
  const result = { code: "temporary-unavailable-queued", title: "Queued", detail: "Later" };
  return changed(at(titles, 0), 0, { status: "pending", result });
}

/** A step after the other, each of so many seconds. */
export function steady(titles: readonly string[], every = 2, from = 0, since = 0): Timeline {
  return Array.from({ length: titles.length + 1 - from }, (_, index) => [
    since + index * every,
    at(titles, from + index),
  ]);
}

export const plainLife = [steady(PLAIN)];

export const shows = (...timeline: Timeline): Timeline => timeline;

/** Asks after two seconds. */
export const question = (scene: Scene = asks()) => shows([0, at(MFA, 0)], [2, scene]);

/** The bank takes the answer, and the job goes on. */
export const goesOn = shows([0, at(MFA, 1)], ...steady(MFA, 2, 2, 2));

/** Asks, and goes on by itself after so many seconds. */
export function goesOnBy(second: number, ...after: Timeline): Life {
  return [[...question(), ...after.map(([at, scene]) => [second + at, scene] as const)], goesOn];
}
