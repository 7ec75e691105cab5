import * as z from "zod";
import { abortableDelay } from "../abortable-delay.ts";
import { type JsonValue, jsonValue, overTheWire } from "./json-value.ts";
import { executionStopped, runtimeFailure, TaskFailure, taskFailureFrom } from "./task-failure.ts";
import { type TaskPlan, wrappedInput } from "./task-plan.ts";
import type { TaskTokens } from "./task-tokens.ts";

export type Invoke = (functionArn: string, payload: unknown) => Promise<unknown>;

export interface TaskSurroundings {
  readonly invoke: Invoke;
  readonly tokens: TaskTokens;
  readonly timeScale: number;
  /** Aborts when the execution is stopped or has timed out. */
  readonly signal: AbortSignal;
}

type InvokingPlan = Exclude<TaskPlan, { kind: "wait" }>;

/** The longest TimeoutSeconds of AWS, and its default. */
const MAX_TIMEOUT_SECONDS = 99_999_999;

const invokeParameters = z.object({ FunctionName: z.string(), Payload: jsonValue.default({}) });

/** Runs one Task, with its time-out. Nothing is invoked once the execution was stopped. */
export async function runTask(
  plan: TaskPlan,
  surroundings: TaskSurroundings,
  input: JsonValue,
): Promise<JsonValue> {
  if (surroundings.signal.aborted) throw executionStopped();
  const { payload, seconds, token } = plan.isWrapped ? wrappedInput.parse(input) : { payload: input };
  if (plan.kind === "wait") {
    const waitSeconds = secondsFrom(seconds === undefined ? plan.seconds : seconds, 0);
    await pause(waitSeconds, surroundings.timeScale, surroundings.signal);
    return payload;
  }
  const fixedSeconds = plan.timeoutSeconds ?? MAX_TIMEOUT_SECONDS;
  const limitSeconds = secondsFrom(seconds === undefined ? fixedSeconds : seconds, 1);
  const settled = new AbortController();
  const signal = AbortSignal.any([surroundings.signal, settled.signal]);
  let end: "over" | "timed-out" = "over";
  const expiry = pause(limitSeconds, surroundings.timeScale, signal).then(() => {
    end = "timed-out";
    throw new TaskFailure("States.Timeout", "The task timed out.");
  });
  try {
    return await Promise.race([perform(plan, surroundings, payload, token), expiry]);
  } catch (thrown) {
    throw taskFailureFrom(thrown);
  } finally {
    settled.abort();
    if (token !== undefined) surroundings.tokens.close(token, end);
  }
}

async function perform(
  plan: InvokingPlan,
  { invoke, tokens }: TaskSurroundings,
  payload: JsonValue,
  token: string | undefined,
): Promise<JsonValue> {
  if (plan.kind === "function") return overTheWire(await invoke(plan.functionArn, overTheWire(payload)));
  const { FunctionName, Payload } = invokeParameters.parse(payload);
  if (plan.kind === "invoke") {
    const result = overTheWire(await invoke(FunctionName, overTheWire(Payload)));
    return { ExecutedVersion: "$LATEST", Payload: result, StatusCode: 200 };
  }
  // The answer may come before the function has returned, and then it counts.
  const answer = tokens.open(token ?? "");
  const invoked = invoke(FunctionName, overTheWire(Payload));
  return Promise.race([answer, invoked.then(() => answer)]);
}

async function pause(seconds: number, timeScale: number, signal: AbortSignal): Promise<void> {
  try {
    await abortableDelay((seconds * 1000) / timeScale, signal);
  } catch {
    throw executionStopped();
  }
}

function secondsFrom(value: unknown, least: number): number {
  const seconds = z.int().min(least).max(MAX_TIMEOUT_SECONDS).safeParse(value);
  if (!seconds.success) throw runtimeFailure(`A time in seconds must be a whole number from ${least} on.`);
  return seconds.data;
}
