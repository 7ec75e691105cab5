import * as z from "zod";
import type { WaitReason } from "../abortable-delay.ts";
import { invokeParameters, MAX_SECONDS, type TaskState } from "./definition.ts";
import { filled, type JsonValue, overTheWire, StateFailure, valueAt } from "./payloads.ts";
import { newTaskToken, type TaskTokens } from "./task-tokens.ts";

export type Invoke = (functionArn: string, payload: unknown) => Promise<unknown>;

export interface TaskSurroundings {
  readonly invoke: Invoke;
  readonly tokens: TaskTokens;
  /** The context object, without the Task's token. */
  readonly context: { readonly [name: string]: JsonValue };
  /** Aborts when the execution is stopped or times out. */
  readonly signal: AbortSignal;
  /** Waits for the given seconds, divided by `timeScale`. Rejects when the signal aborts. */
  pause(seconds: number, signal: AbortSignal, reason: WaitReason): Promise<void>;
}

/** Runs a Task once, with its time-out. Rejects if the execution ends first. */
export async function runTask(
  state: TaskState,
  input: JsonValue,
  { invoke, tokens, context, signal, pause }: TaskSurroundings,
): Promise<JsonValue> {
  const { Resource, Parameters, TimeoutSeconds = MAX_SECONDS, TimeoutSecondsPath } = state;
  const token = Resource.endsWith(".waitForTaskToken") ? newTaskToken() : undefined;
  const limit = TimeoutSecondsPath === undefined ? TimeoutSeconds : valueAt(TimeoutSecondsPath, input);
  const limitSeconds = wholeSeconds(limit, 1);
  const withToken = token === undefined ? context : { ...context, Task: { Token: token } };
  const payload = Parameters === undefined ? input : filled(Parameters, input, withToken);

  const perform = async (): Promise<JsonValue> => {
    if (!Resource.includes(":states:::lambda:invoke"))
      return overTheWire(await invoke(Resource, overTheWire(payload)));
    const { FunctionName, Payload } = invokeParameters.parse(payload);
    // The token's answer may arrive before the function returns. It still counts.
    const answer = token === undefined ? undefined : tokens.open(token);
    const invoked = invoke(FunctionName, overTheWire(Payload));
    if (answer !== undefined) return Promise.race([answer, invoked.then(() => answer)]);
    return { ExecutedVersion: "$LATEST", Payload: overTheWire(await invoked), StatusCode: 200 };
  };

  const settled = new AbortController();
  let end: "over" | "timed-out" = "over";
  const expiry = pause(limitSeconds, AbortSignal.any([signal, settled.signal]), "time-out").then(() => {
    end = "timed-out";
    throw new StateFailure("States.Timeout", "The task timed out.");
  });
  try {
    return await Promise.race([perform(), expiry]);
  } finally {
    settled.abort();
    if (token !== undefined) tokens.close(token, end);
  }
}

/**
 * Returns the value as a whole number of seconds.
 *
 * @throws States.Runtime unless the value is a whole number from `least` to `MAX_SECONDS`.
 */
export function wholeSeconds(value: unknown, least: number): number {
  const parsed = z.int().min(least).max(MAX_SECONDS).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StateFailure("States.Runtime", `A time in seconds must be a whole number from ${least} on.`);
}
