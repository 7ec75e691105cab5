import type { Entry } from "./deployed-workflow.ts";
import {
  ASK,
  answered,
  type Call,
  calls,
  challenged,
  done,
  FOLLOW,
  fails,
  GIVE_UP,
  GIVEN_UP,
  gaveUp,
  givesUp,
  OPEN,
  OVER,
  SAID,
  type Scenario,
  SEND,
  type Turn,
  WAIT,
  working,
} from "./scenario.ts";

/** Each is retried; no retrier has to do it more often than it may. */
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
];
const troubles: Turn[] = PASSING.flatMap((error) => fails(error));
/** A function that was cut off at its time-out, or that ended out of memory. */
const cutOff: Turn[] = [...fails("Sandbox.Timedout"), ...fails("Runtime.ExitError")];

const JOURNEY: readonly [state: string, entry: Entry | undefined, turn: Turn | undefined][] = [
  [OPEN, "open-connection", working],
  [SAID, undefined, undefined],
  [WAIT, undefined, undefined],
  [FOLLOW, "follow-job", challenged],
  [SAID, undefined, undefined],
  [ASK, "ask-for-answer", answered],
  [SEND, "send-answer", done],
  [SAID, undefined, undefined],
  [OVER, undefined, undefined],
];

function troubled(troubledEntry: Entry, before: readonly Turn[], title: string): Scenario {
  const turnsOf = (entry: Entry, turn: Turn) => (entry === troubledEntry ? [...before, turn] : [turn]);
  const script = Object.fromEntries(
    JOURNEY.flatMap(([, entry, turn]) =>
      entry === undefined || turn === undefined ? [] : [[entry, turnsOf(entry, turn)] as const],
    ),
  );
  const made = JOURNEY.flatMap(([, entry]): Call[] =>
    entry === undefined ? [] : calls(entry, entry === troubledEntry ? before.length + 1 : 1),
  );
  return {
    title,
    script,
    states: JOURNEY.map(([state]) => state),
    calls: made,
    retries: before.length,
  };
}

const TASKS: readonly Entry[] = ["open-connection", "follow-job", "ask-for-answer", "send-answer"];

/** Every error that may pass, in every Task. */
export const PASSING_ERRORS: readonly Scenario[] = [
  ...TASKS.map((entry) => troubled(entry, troubles, `${entry} goes on after every error that may pass`)),
  ...TASKS.map((entry) => troubled(entry, cutOff, `${entry} goes on after it was cut off`)),
  {
    title: "give-up goes on after every error that may pass",
    script: { "open-connection": fails("JobMissing"), "give-up": [...troubles, gaveUp] },
    states: [OPEN, GIVE_UP, GIVEN_UP],
    calls: [...calls("open-connection"), ...Array(troubles.length + 1).fill(givesUp("JobMissing"))],
    retries: troubles.length,
    fails: "GivenUp",
  },
];
