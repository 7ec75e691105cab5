import { SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import { expect } from "vitest";
import * as z from "zod";
import { type Entry, GIVEN_UP, OVER, PAUSE, type Run, SAID, WAIT } from "./definition.ts";
import type { Engine } from "./deployed-workflow.ts";

/** What a function does in one call. */
type Turn =
  | { readonly returns: object }
  | { readonly throws: string }
  /** The user answers while the challenge is shown. */
  | { readonly answers: true };

/** The calls of a function in one stay in its state, with the facts that it gets beside the job's id. */
interface Calls {
  readonly entry: Entry;
  readonly turns: readonly Turn[];
  readonly facts: object;
}

export interface Scenario {
  readonly title: string;
  /** The states in their order: a name, or the calls of the state's function. */
  readonly path: readonly (string | Calls)[];
  /** The error that the execution fails with. */
  readonly fails?: string;
}

const open = (...turns: Turn[]): Calls => ({ entry: "open-connection", turns, facts: {} });
const follow = (...turns: Turn[]): Calls => ({ entry: "follow-job", turns, facts: {} });
const send = (...turns: Turn[]): Calls => ({ entry: "send-answer", turns, facts: {} });
const giveUp = (failure: string, ...turns: Turn[]): Calls => ({
  entry: "give-up",
  turns,
  facts: { failure },
});
const TOKEN = { taskToken: expect.stringMatching(/^task-[\w-]{64}$/) };
const ask = (...turns: Turn[]): Calls => ({ entry: "ask-for-answer", turns, facts: TOKEN });

const gaveUp: Turn = { returns: {} };
const asked: Turn = { returns: {} };
const returnsNothing: Turn = { returns: {} };
const answered: Turn = { answers: true };
const done: Turn = { returns: { next: "done" } };
const paused: Turn = { returns: { next: "hold", waitSeconds: 3000 } };
const pausedForNoTime: Turn = { returns: { next: "hold" } };
const working: Turn = { returns: { next: "wait", waitSeconds: 15 } };
/** So long that it does not pass; AWS allows no more. */
const challenged: Turn = { returns: { next: "ask", timeoutSeconds: 99_999_999 } };
/** It passes at once, on each engine. */
const challengedBriefly: Turn = { returns: { next: "ask", timeoutSeconds: 3600 } };
const fails = (error: string, times = 1): Turn[] => Array.from({ length: times }, () => ({ throws: error }));

/** Each is retried; no Retrier has to retry more often than it may. */
const PASSING = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "UpstreamUnavailable",
  "JobChanged",
  "TaskFailed",
  "Lambda.Unknown",
  "Lambda.TooManyRequestsException",
].flatMap((error) => fails(error));
/** A function that reached its time-out, or that ended out of memory. */
const CUT_OFF = [...fails("Sandbox.Timedout"), ...fails("Runtime.ExitError")];

const withTroubles = (troubles: readonly Turn[]) => [
  open(...troubles, working),
  SAID,
  WAIT,
  follow(...troubles, challenged),
  SAID,
  ask(...troubles, answered),
  send(...troubles, done),
  SAID,
  OVER,
];

/** A job that is given up under the name of an error. */
const givenUp = (title: string, error: string, ...path: Scenario["path"]): Scenario => ({
  title,
  path: [...path, giveUp(error, gaveUp), GIVEN_UP],
  fails: "GivenUp",
});

/** Together they go through every state, branch, Retrier and Catcher of the workflow. */
export const SCENARIOS: readonly Scenario[] = [
  { title: "A job ends when the bank is done within a slice", path: [open(done), SAID, OVER] },
  {
    title: "A job waits between the slices of a slow bank",
    path: [open(working), SAID, WAIT, follow(working), SAID, WAIT, follow(done), SAID, OVER],
  },
  {
    title: "A job is followed when functions of another version return no `next`",
    path: [open(returnsNothing), SAID, follow(done), SAID, OVER],
  },
  {
    title: "A job is opened when functions of another version return no time for a pause",
    path: [open(pausedForNoTime), SAID, open(paused), SAID, PAUSE, open(done), SAID, OVER],
  },
  {
    title: "An answer is sent when the user answers the challenge",
    path: [open(challenged), SAID, ask(answered), send(done), SAID, OVER],
  },
  {
    title: "The row decides when nobody answers the challenge in time",
    path: [open(challengedBriefly), SAID, ask(asked), send(done), SAID, OVER],
  },
  {
    title: "The user is asked again when the bank asks again after the answer",
    path: [
      ...[open(challenged), SAID, ask(answered), send(challenged), SAID, ask(answered), send(working)],
      ...[SAID, WAIT, follow(done), SAID, OVER],
    ],
  },
  {
    title: "A login is sent after a pause",
    path: [open(paused), SAID, PAUSE, open(done), SAID, OVER],
  },
  {
    title: "An answer is sent after a pause: the Task that opens connections finds it",
    path: [
      ...[open(challenged), SAID, ask(answered), send(paused), SAID, PAUSE, open(challenged), SAID],
      ...[ask(answered), send(done), SAID, OVER],
    ],
  },
  givenUp("A missing job is given up at once", "JobMissing", open(...fails("JobMissing"))),
  givenUp(
    "An aggregator without a usable reply is tried until the row ends the attempt, or 500 times",
    "UpstreamUnavailable",
    open(...fails("UpstreamUnavailable", 501)),
  ),
  givenUp(
    "An aggregator without a reply, and errors that may pass, are counted apart",
    "TaskFailed",
    open(
      ...fails("UpstreamUnavailable", 20),
      ...fails("TaskFailed", 6),
      ...fails("UpstreamUnavailable", 20),
      ...fails("TaskFailed"),
    ),
  ),
  givenUp(
    "A job that keeps changing is followed 6 times more, then given up",
    "JobChanged",
    ...[open(working), SAID, WAIT, follow(...fails("JobChanged", 7))],
  ),
  givenUp(
    "A job whose challenge cannot be shown is given up",
    "TaskFailed",
    ...[open(challenged), SAID, ask(...fails("TaskFailed", 7))],
  ),
  givenUp(
    "A job whose answer cannot be sent is given up, and its user is not asked again",
    "UpstreamUnavailable",
    ...[open(challenged), SAID, ask(answered), send(...fails("UpstreamUnavailable", 7))],
  ),
  givenUp(
    "An unexpected error is given up without another try",
    "SyntaxError",
    ...[open(working), SAID, WAIT, follow(...fails("SyntaxError"))],
  ),
  {
    title: "Giving up is itself tried 100 times more",
    path: [
      open(...fails("JobMissing")),
      giveUp("JobMissing", ...PASSING, ...fails("JobChanged", 50), ...fails("AnythingElse", 45), gaveUp),
      GIVEN_UP,
    ],
    fails: "GivenUp",
  },
  {
    title: "Giving up in vain ends the execution with the error",
    path: [open(...fails("JobMissing")), giveUp("JobMissing", ...fails("JobChanged", 101))],
    fails: "JobChanged",
  },
  { title: "Every Task is tried again after each error that may pass", path: withTroubles(PASSING) },
  { title: "Every Task is tried again after it was cut off", path: withTroubles(CUT_OFF) },
];

const withToken = z.object({ taskToken: z.string() });

export interface ScriptedRun extends Run {
  readonly calls: readonly (readonly [entry: Entry, payload: unknown])[];
}

/** The states of a scenario that call a function. */
export const callsIn = ({ path }: Scenario) => path.filter((step) => typeof step !== "string");

/** Runs one execution whose functions take the turns of the scenario, one call after the other. */
export async function runScripted(engine: Engine, jobId: string, scenario: Scenario): Promise<ScriptedRun> {
  const calls: [Entry, unknown][] = [];
  const turns = callsIn(scenario).flatMap((step) => step.turns);
  const run = await engine.run(jobId, async (entry, payload) => {
    const turn = turns[calls.push([entry, payload]) - 1] ?? { throws: "NotInTheScript" };
    if ("throws" in turn) throw Object.assign(new Error("As scripted."), { name: turn.throws });
    if ("returns" in turn) return { jobId, ...turn.returns };
    const { taskToken } = withToken.parse(payload);
    await engine.client.send(new SendTaskSuccessCommand({ taskToken, output: `{"challengeNumber":1}` }));
    return { jobId };
  });
  return { ...run, calls };
}
