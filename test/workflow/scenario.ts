import { expect } from "vitest";
import type { Entry } from "./deployed-workflow.ts";

/** What a function does when it is called: one of these after the other, a call each. */
export type Turn =
  | { readonly returns: object }
  | { readonly throws: string }
  /** The user answers while the challenge is being shown. */
  | { readonly answers: true };

/** A call of a function with the facts beside the job's id that it is to be given. */
export type Call = readonly [entry: Entry, facts?: object];

export interface Scenario {
  readonly title: string;
  readonly script: { readonly [entry in Entry]?: readonly Turn[] };
  /** In the order in which they are entered. */
  readonly states: readonly string[];
  readonly calls: readonly Call[];
  readonly retries?: number;
  /** The error that the execution fails with; none when it succeeds. */
  readonly fails?: string;
}

export const OPEN = "Open the connection";
export const FOLLOW = "Follow the job";
export const SAID = "What did the bank say?";
export const WAIT = "Wait for the bank";
export const ASK = "Ask for the answer";
export const SEND = "Send the answer";
export const HOLD = "Hold for the next attempt";
export const GIVE_UP = "Give up";
export const OVER = "The job is over";
export const GIVEN_UP = "The job was given up";

export const gaveUp: Turn = { returns: {} };
export const asked: Turn = { returns: {} };
export const saidNothing: Turn = { returns: {} };
export const answered: Turn = { answers: true };
export const done: Turn = { returns: { next: "done" } };
export const held: Turn = { returns: { next: "hold", waitSeconds: 7259 } };
export const heldForNoTime: Turn = { returns: { next: "hold" } };
export const working: Turn = { returns: { next: "wait", waitSeconds: 15 } };
/** So long that it does not pass at any scale; AWS allows no more. */
export const challenged: Turn = { returns: { next: "ask", timeoutSeconds: 99_999_999 } };
export const challengedBriefly: Turn = { returns: { next: "ask", timeoutSeconds: 2 } };

export function fails(error: string, times = 1): Turn[] {
  return Array.from({ length: times }, () => ({ throws: error }));
}

export function calls(entry: Entry, times = 1): Call[] {
  return Array.from({ length: times }, (): Call => (entry === "ask-for-answer" ? [entry, TOKEN] : [entry]));
}

export function givesUp(failure: string): Call {
  return ["give-up", { failure }];
}

const TOKEN = { taskToken: expect.stringMatching(/^task-[\w-]{64}$/) };
