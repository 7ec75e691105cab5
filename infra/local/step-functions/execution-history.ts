import type { ExecutionEnd } from "./execution-log.ts";
import type { EngineEvent } from "./state-machine-runner.ts";

/** As GetExecutionHistory sends it: `timestamp` in seconds since 1970, inputs and outputs as JSON text. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestamp: number;
  readonly [details: `${string}EventDetails`]: Readonly<Record<string, string>>;
}

type Entry = readonly [type: string, details?: Readonly<Record<string, Readonly<Record<string, string>>>>];

/** Translates what the engine tells into the events that AWS would count, in its order. */
export class ExecutionHistory {
  readonly events: HistoryEvent[] = [];
  readonly #stateTypes: ReadonlyMap<string, string>;
  #isFinished = false;
  #wasCaught = false;

  constructor(stateTypes: ReadonlyMap<string, string>, input: string) {
    this.#stateTypes = stateTypes;
    this.#append(["ExecutionStarted", { executionStartedEventDetails: { input } }]);
  }

  record(event: EngineEvent): void {
    if (this.#isFinished || !("state" in event)) return;
    const { name, input, output } = event.state;
    const type = this.#stateTypes.get(name) ?? event.state.type;
    const isTask = type === "Task";
    const begun: Entry[] = isTask ? [["TaskScheduled"], ["TaskStarted"]] : [];
    if (event.type === "StateEntered") {
      const entered = { name, input: JSON.stringify(input) };
      this.#wasCaught = false;
      this.#append([`${type}StateEntered`, { stateEnteredEventDetails: entered }], ...begun);
    } else if (event.type === "StateFailed" && isTask) {
      this.#append(taskFailed(event.Error, event.Cause));
    } else if (event.type === "StateRetried") {
      this.#append(...begun);
    } else if (event.type === "StateCaught") {
      this.#wasCaught = true;
    } else if (event.type === "StateExited") {
      const exited = { name, output: JSON.stringify(output) };
      const succeeded: Entry[] = isTask && !this.#wasCaught ? [["TaskSucceeded"]] : [];
      this.#append(...succeeded, [`${type}StateExited`, { stateExitedEventDetails: exited }]);
    }
  }

  finish({ status, output, error, cause }: ExecutionEnd): void {
    const reason = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    if (status === "SUCCEEDED") {
      this.#append(["ExecutionSucceeded", { executionSucceededEventDetails: { output: output ?? "null" } }]);
    } else if (status === "FAILED") {
      this.#append(["ExecutionFailed", { executionFailedEventDetails: reason }]);
    } else if (status === "ABORTED") {
      this.#append(["ExecutionAborted", { executionAbortedEventDetails: reason }]);
    } else {
      this.#append(["ExecutionTimedOut", { executionTimedOutEventDetails: reason }]);
    }
    this.#isFinished = true;
  }

  #append(...entries: readonly Entry[]): void {
    for (const [type, details] of entries) {
      const id = this.events.length + 1;
      this.events.push({ id, previousEventId: id - 1, type, timestamp: Date.now() / 1000, ...details });
    }
  }
}

function taskFailed(error: string, cause: unknown): Entry {
  const details = { error, cause: String(cause), resourceType: "lambda", resource: "invoke" };
  return error === "States.Timeout"
    ? ["TaskTimedOut", { taskTimedOutEventDetails: details }]
    : ["TaskFailed", { taskFailedEventDetails: details }];
}
