import type { ExecutionEnd } from "./execution-log.ts";
import type { JsonValue } from "./payloads.ts";

/** An event in the format of GetExecutionHistory: `timestamp` in seconds since 1970, inputs and outputs as JSON text. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestamp: number;
  readonly [details: `${string}EventDetails`]: Readonly<Record<string, string>>;
}

type Entry = readonly [type: string, details?: Readonly<Record<string, Readonly<Record<string, string>>>>];

/** Records the events of an execution that AWS would record, in the same order. Ignores events after the end. */
export class ExecutionHistory {
  readonly events: HistoryEvent[] = [];
  #isFinished = false;

  constructor(input: string) {
    this.#append(["ExecutionStarted", { executionStartedEventDetails: { input } }]);
  }

  entered(type: string, name: string, input: JsonValue): void {
    const details = { name, input: JSON.stringify(input) };
    this.#append([`${type}StateEntered`, { stateEnteredEventDetails: details }]);
  }

  exited(type: string, name: string, output: JsonValue): void {
    const details = { name, output: JSON.stringify(output) };
    this.#append([`${type}StateExited`, { stateExitedEventDetails: details }]);
  }

  taskStarted(): void {
    this.#append(["TaskScheduled"], ["TaskStarted"]);
  }

  taskSucceeded(): void {
    this.#append(["TaskSucceeded"]);
  }

  taskFailed({ name, message }: Error): void {
    const details = { error: name, cause: message, resourceType: "lambda", resource: "invoke" };
    if (name === "States.Timeout") this.#append(["TaskTimedOut", { taskTimedOutEventDetails: details }]);
    else this.#append(["TaskFailed", { taskFailedEventDetails: details }]);
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
    if (this.#isFinished) return;
    for (const [type, details] of entries) {
      const id = this.events.length + 1;
      this.events.push({ id, previousEventId: id - 1, type, timestamp: Date.now() / 1000, ...details });
    }
  }
}
