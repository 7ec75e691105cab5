import { ExecutionError, StateMachine } from "aws-local-stepfunctions";
import { abortableDelay } from "../abortable-delay.ts";
import { engineDefinitionOf } from "./engine-definition.ts";
import type { JsonValue } from "./json-value.ts";
import { type Invoke, runTask } from "./task-handler.ts";
import { newTaskToken, type TaskTokens } from "./task-tokens.ts";

/** How an execution ended of itself; one that was stopped has no outcome. */
export type Outcome =
  | { readonly status: "SUCCEEDED"; readonly output: JsonValue }
  | { readonly status: "FAILED"; readonly error: string; readonly cause: string }
  | { readonly status: "TIMED_OUT" };

export interface RunRequest {
  readonly executionArn: string;
  readonly name: string;
  readonly input: JsonValue;
  readonly stop: AbortSignal;
  record(event: EngineEvent): void;
}

export type EngineEvent =
  ReturnType<StateMachine["run"]>["eventLogs"] extends AsyncGenerator<infer Event> ? Event : never;

export interface StateMachineRunner {
  readonly stateTypes: ReadonlyMap<string, string>;
  run(request: RunRequest): Promise<Outcome | undefined>;
}

/** @throws when the definition is not valid or cannot be run locally. */
export function stateMachineRunner(options: {
  readonly arn: string;
  readonly definition: unknown;
  readonly invoke: Invoke;
  readonly tokens: TaskTokens;
  readonly timeScale: number;
}): StateMachineRunner {
  const { definition, plans, stateTypes, timeoutSeconds } = engineDefinitionOf(
    options.definition,
    options.timeScale,
  );
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const stateMachine = { Id: options.arn, Name: options.arn.split(":").at(-1) };

  async function run(request: RunRequest): Promise<Outcome | undefined> {
    const ended = new AbortController();
    const expired = new AbortController();
    const signal = AbortSignal.any([request.stop, expired.signal]);
    if (timeoutSeconds !== undefined) {
      const milliseconds = (timeoutSeconds * 1000) / options.timeScale;
      abortableDelay(milliseconds, ended.signal).then(
        () => expired.abort(),
        () => undefined,
      );
    }
    let token = newTaskToken();
    const handlers = [...plans].map(([name, plan]) => {
      const handler = (input: JsonValue) => {
        // The input was made in this very tick, with the current token in it; the next Task gets another one.
        token = newTaskToken();
        return runTask(plan, { ...options, signal }, input);
      };
      return [name, handler] as const;
    });
    const context = {
      Execution: { Id: request.executionArn, Name: request.name },
      StateMachine: stateMachine,
      Task: {
        get Token() {
          return token;
        },
      },
    };
    const overrides = { taskResourceLocalHandlers: Object.fromEntries(handlers) };
    const running = machine.run(request.input, { context, overrides });
    signal.addEventListener("abort", () => running.abort(), { once: true });
    const recorded = recordAll(running.eventLogs, request);
    try {
      const output = await running.result;
      return request.stop.aborted ? undefined : { status: "SUCCEEDED", output };
    } catch (thrown) {
      if (request.stop.aborted) return undefined;
      return expired.signal.aborted ? { status: "TIMED_OUT" } : failureFrom(thrown);
    } finally {
      ended.abort();
      await recorded;
    }
  }

  return { stateTypes, run };
}

async function recordAll(events: AsyncIterable<EngineEvent>, request: RunRequest): Promise<void> {
  for await (const event of events) request.record(event);
}

function failureFrom(thrown: unknown): Outcome {
  const reason = thrown instanceof ExecutionError ? thrown.cause : thrown;
  if (reason instanceof Error) return { status: "FAILED", error: reason.name, cause: reason.message };
  return { status: "FAILED", error: "States.Runtime", cause: String(reason) };
}
