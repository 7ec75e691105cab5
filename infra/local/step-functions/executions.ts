import { AwsError } from "../aws/aws-json-endpoint.ts";
import { ExecutionHistory } from "./execution-history.ts";
import { type ExecutionEnd, ExecutionLog, type StartedExecution } from "./execution-log.ts";
import type { StateMachineRunner } from "./interpreter.ts";
import { overTheWire } from "./payloads.ts";

/** Number of ended executions that stay in memory. The name of an older execution can be used again. */
const KEPT_ENDED = 2_000;

export interface Execution extends StartedExecution {
  readonly history: ExecutionHistory;
  readonly stop: AbortController;
  end?: ExecutionEnd;
}

export class Executions {
  readonly #runners: ReadonlyMap<string, StateMachineRunner>;
  readonly #log: ExecutionLog | undefined;
  readonly #byArn = new Map<string, Execution>();
  readonly #ended: string[] = [];
  #unfinishedAtStart: Execution[] = [];
  #isClosed = false;

  constructor(runners: ReadonlyMap<string, StateMachineRunner>, file: string | undefined) {
    this.#runners = runners;
    this.#log = file === undefined ? undefined : new ExecutionLog(file, KEPT_ENDED);
    for (const { end, ...started } of this.#log?.remembered ?? []) {
      const execution = this.#add(started);
      if (end === undefined) this.#unfinishedAtStart.push(execution);
      else this.#remember(execution, end);
    }
  }

  /**
   * Starts an execution. Idempotent by name: the same name and input return the execution that is already running.
   *
   * @throws StateMachineDoesNotExist, ExecutionAlreadyExists or ServiceUnavailable.
   */
  start(stateMachineArn: string, name: string, input: string): Execution {
    if (this.#isClosed) throw new AwsError("ServiceUnavailable", "The endpoint is closing.", 503);
    if (!this.#runners.has(stateMachineArn)) {
      throw new AwsError("StateMachineDoesNotExist", "The state machine does not exist.");
    }
    const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
    const existing = this.#byArn.get(executionArn);
    if (existing !== undefined) {
      if (existing.end === undefined && existing.input === input) return existing;
      throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${executionArn}'`);
    }
    const started = { executionArn, stateMachineArn, name, input, startDate: Date.now() / 1000 };
    this.#log?.started(started);
    const execution = this.#add(started);
    void this.#drive(execution);
    return execution;
  }

  /** @throws ExecutionDoesNotExist */
  get(executionArn: string): Execution {
    const execution = this.#byArn.get(executionArn);
    if (execution === undefined) {
      throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${executionArn}'`);
    }
    return execution;
  }

  /** Has no effect on an execution that has ended. */
  stop(execution: Execution, reason: Pick<ExecutionEnd, "error" | "cause">): void {
    this.#finish(execution, { status: "ABORTED", stopDate: Date.now() / 1000, ...reason });
    execution.stop.abort();
  }

  /** Restarts, from their first state, all executions that the last process left unfinished. */
  resume(): void {
    const unfinished = this.#unfinishedAtStart;
    this.#unfinishedAtStart = [];
    for (const execution of unfinished) void this.#drive(execution);
  }

  /** Stops running executions without recording an end, so that the next process resumes them. */
  close(): void {
    this.#isClosed = true;
    for (const execution of this.#byArn.values()) execution.stop.abort();
  }

  #add(started: StartedExecution): Execution {
    const execution = {
      ...started,
      history: new ExecutionHistory(started.input),
      stop: new AbortController(),
    };
    this.#byArn.set(started.executionArn, execution);
    return execution;
  }

  async #drive(execution: Execution): Promise<void> {
    if (execution.end !== undefined) return;
    const run = this.#runners.get(execution.stateMachineArn);
    if (run === undefined) {
      return this.stop(execution, { cause: "The state machine does not exist any more." });
    }
    const outcome = await run({
      executionArn: execution.executionArn,
      name: execution.name,
      input: overTheWire(JSON.parse(execution.input)),
      stop: execution.stop.signal,
      history: execution.history,
    });
    if (outcome !== undefined) this.#finish(execution, { ...outcome, stopDate: Date.now() / 1000 });
  }

  #finish(execution: Execution, end: ExecutionEnd): void {
    if (execution.end !== undefined || this.#isClosed) return;
    this.#remember(execution, end);
    try {
      this.#log?.ended(execution.executionArn, end);
    } catch {
      // If the end is not stored, the next process merely runs the execution again.
    }
  }

  #remember(execution: Execution, end: ExecutionEnd): void {
    execution.end = end;
    execution.history.finish(end);
    this.#ended.push(execution.executionArn);
    if (this.#ended.length > KEPT_ENDED) this.#byArn.delete(this.#ended.shift() ?? "");
  }
}
