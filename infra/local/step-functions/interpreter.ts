import { abortableDelay, type Delay, type WaitReason } from "../abortable-delay.ts";
import { holds } from "./choice.ts";
import { parseDefinition, type Retrier, type State, type TaskState } from "./definition.ts";
import type { ExecutionHistory } from "./execution-history.ts";
import type { ExecutionEnd } from "./execution-log.ts";
import { filled, type JsonValue, requiredAt, valueAt, withResult } from "./payloads.ts";
import { type Invoke, runTask, type TaskSurroundings, wholeSeconds } from "./task.ts";
import type { TaskTokens } from "./task-tokens.ts";

/** The result of an execution that was not stopped from outside. */
type Outcome = Omit<ExecutionEnd, "stopDate">;

export interface RunRequest {
  readonly executionArn: string;
  readonly name: string;
  readonly input: JsonValue;
  readonly stop: AbortSignal;
  readonly history: ExecutionHistory;
}

/** Resolves with undefined if the execution was stopped. */
export type StateMachineRunner = (request: RunRequest) => Promise<Outcome | undefined>;

/**
 * Returns a function that runs executions of a definition as AWS does, with all times divided by `timeScale`.
 *
 * @throws an `Error` if the definition is not valid or not supported locally.
 */
export function stateMachineRunner(options: {
  readonly arn: string;
  readonly definition: unknown;
  readonly invoke: Invoke;
  readonly tokens: TaskTokens;
  readonly timeScale: number;
  readonly delay?: Delay;
}): StateMachineRunner {
  const { StartAt, States, TimeoutSeconds } = parseDefinition(options.definition);
  const { delay = abortableDelay, timeScale } = options;
  const pause = (seconds: number, signal: AbortSignal, reason: WaitReason) =>
    delay((seconds * 1000) / timeScale, signal, reason);

  return async ({ executionArn, name, input, stop, history }) => {
    const ended = new AbortController();
    const expired = new AbortController();
    if (TimeoutSeconds !== undefined) {
      pause(TimeoutSeconds, ended.signal, "time-out").then(
        () => expired.abort(),
        () => undefined,
      );
    }
    const context = { Execution: { Id: executionArn, Name: name }, StateMachine: { Id: options.arn } };
    const signal = AbortSignal.any([stop, expired.signal]);
    const surroundings = { ...options, context, signal, pause, history };
    const outcome = await runStates(States, StartAt, input, surroundings).catch(failed);
    ended.abort();
    if (stop.aborted) return undefined;
    return expired.signal.aborted ? { status: "TIMED_OUT" } : outcome;
  };
}

type Surroundings = TaskSurroundings & { readonly history: ExecutionHistory };

async function runStates(
  states: Readonly<Record<string, State>>,
  startAt: string,
  startInput: JsonValue,
  surroundings: Surroundings,
): Promise<Outcome> {
  const { history, signal } = surroundings;
  let name = startAt;
  let input = startInput;
  for (;;) {
    signal.throwIfAborted();
    const state = states[name];
    if (state === undefined) throw new Error(`There is no state ${name}.`);
    history.entered(state.Type, name, input);
    if (state.Type === "Fail") return { status: "FAILED", error: state.Error, cause: state.Cause };
    const { output, next } = await runState(state, input, surroundings);
    signal.throwIfAborted();
    history.exited(state.Type, name, output);
    if (next === undefined) return { status: "SUCCEEDED", output: JSON.stringify(output) };
    name = next;
    input = output;
  }
}

interface Step {
  readonly output: JsonValue;
  /** The next state. Undefined at the end. */
  readonly next: string | undefined;
}

async function runState(
  state: Exclude<State, { Type: "Fail" }>,
  input: JsonValue,
  surroundings: Surroundings,
): Promise<Step> {
  switch (state.Type) {
    case "Task":
      return runTaskState(state, input, surroundings);
    case "Wait": {
      const { Seconds, SecondsPath } = state;
      const seconds = SecondsPath === undefined ? Seconds : valueAt(SecondsPath, input);
      await surroundings.pause(wholeSeconds(seconds, 0), surroundings.signal, "pause");
      return { output: requiredAt(state.OutputPath ?? "$", input), next: state.Next };
    }
    case "Pass": {
      const output = withResult(input, state.ResultPath, state.Result === undefined ? input : state.Result);
      return { output: requiredAt(state.OutputPath ?? "$", output), next: state.Next };
    }
    case "Choice": {
      const chosen = state.Choices.find(({ test }) => holds(test, input));
      return { output: input, next: chosen?.Next ?? state.Default };
    }
    case "Succeed":
      return { output: input, next: undefined };
  }
}

/** Runs a Task and its retries. If an error remains, its Catch handles it, or the execution fails. */
async function runTaskState(state: TaskState, input: JsonValue, surroundings: Surroundings): Promise<Step> {
  const { history, signal, pause } = surroundings;
  const retries = new Map<Retrier, number>();
  for (;;) {
    history.taskStarted();
    try {
      const result = await runTask(state, input, surroundings);
      const { ResultSelector, ResultPath, OutputPath = "$" } = state;
      const selected =
        ResultSelector === undefined ? result : filled(ResultSelector, result, surroundings.context);
      const output = requiredAt(OutputPath, withResult(input, ResultPath, selected));
      history.taskSucceeded();
      return { output, next: state.Next };
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = errorFrom(thrown);
      history.taskFailed(failure);
      const retrier = state.Retry.find((each) => isHandled(each, failure.name));
      const earlier = retrier === undefined ? 0 : (retries.get(retrier) ?? 0);
      if (retrier !== undefined && earlier < retrier.MaxAttempts) {
        retries.set(retrier, earlier + 1);
        await pause(retrySeconds(retrier, earlier), signal, "pause");
        continue;
      }
      const catcher = state.Catch.find((each) => isHandled(each, failure.name));
      if (catcher === undefined) throw failure;
      const error = { Error: failure.name, Cause: failure.message };
      return { output: withResult(input, catcher.ResultPath, error), next: catcher.Next };
    }
  }
}

/** Returns the seconds to wait before a retry. `earlier` is the number of previous retries. */
function retrySeconds(retrier: Retrier, earlier: number): number {
  const { IntervalSeconds, BackoffRate, MaxDelaySeconds } = retrier;
  return Math.min(IntervalSeconds * BackoffRate ** earlier, MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
}

/** Whether a Retry or a Catch handles an error with this name. */
function isHandled({ ErrorEquals }: Pick<Retrier, "ErrorEquals">, name: string): boolean {
  if (name === "States.Runtime") return false;
  const isTaskFailed = ErrorEquals.includes("States.TaskFailed") && name !== "States.Timeout";
  return isTaskFailed || ErrorEquals.includes(name) || ErrorEquals.includes("States.ALL");
}

function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function failed(thrown: unknown): Outcome {
  const { name, message } = errorFrom(thrown);
  return { status: "FAILED", error: name, cause: message };
}
