/**
 * What a Task state throws: `name` is what Retry and Catch compare, `message` becomes the cause.
 * The engine reads `isRetryable` and `isCatchable`.
 */
export class TaskFailure extends Error {
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(name: string, cause: string, canBeHandled = true) {
    super(cause);
    this.name = name;
    this.isRetryable = canBeHandled;
    this.isCatchable = canBeHandled;
  }
}

/** A fresh error, so that no property of the thrown one can steer the engine. */
export function taskFailureFrom(thrown: unknown): TaskFailure {
  if (thrown instanceof TaskFailure) return thrown;
  if (thrown instanceof Error) return new TaskFailure(thrown.name, thrown.message);
  return new TaskFailure("Error", String(thrown));
}

/** No Retry or Catch may see that an execution was stopped: the engine would go on with it. */
export function executionStopped(): TaskFailure {
  return new TaskFailure("ExecutionStopped", "The execution was stopped.", false);
}

export function runtimeFailure(cause: string): TaskFailure {
  return new TaskFailure("States.Runtime", cause, false);
}
