import * as z from "zod";
import type { TaskState, WaitState } from "./state-machine-definition.ts";

/** How a Task is run. `isWrapped`: the engine hands over a `wrappedInput`, not the bare payload. */
export type TaskPlan = { readonly isWrapped: boolean } & (
  | { readonly kind: "wait"; readonly seconds: number | undefined }
  | { readonly kind: "function"; readonly functionArn: string; readonly timeoutSeconds: number | undefined }
  | { readonly kind: "invoke" | "callback"; readonly timeoutSeconds: number | undefined }
);

/** What the engine resolves for us along with the payload: all of it against the state's input. */
export const wrappedInput = z.object({
  payload: z.json(),
  seconds: z.json().optional(),
  token: z.string().optional(),
});

const LAMBDA_ARN = /^arn:[\w-]+:lambda:[\w-]+:\d+:function:/;
const INVOKE_ARN = /^arn:[\w-]+:states:::lambda:invoke(\.waitForTaskToken)?$/;

interface Planned {
  readonly plan: TaskPlan;
  readonly parameters: { readonly Parameters?: object };
}

export function planTask(state: TaskState): Planned {
  refuseUnclearTimeouts(state);
  const timeoutSeconds = state.TimeoutSeconds;
  const invoke = INVOKE_ARN.exec(state.Resource);
  const isCallback = invoke?.[1] !== undefined;
  const wrapped = {
    ...(state.Parameters === undefined ? { "payload.$": "$" } : { payload: state.Parameters }),
    ...(state.TimeoutSecondsPath !== undefined && { "seconds.$": state.TimeoutSecondsPath }),
    ...(isCallback && { "token.$": "$$.Task.Token" }),
  };
  const isWrapped = state.Parameters !== undefined || state.TimeoutSecondsPath !== undefined;
  const parameters = isWrapped ? { Parameters: wrapped } : {};
  if (invoke !== null) {
    if (state.Parameters === undefined) throw new Error(`${state.Resource} needs Parameters.`);
    return { plan: { kind: isCallback ? "callback" : "invoke", timeoutSeconds, isWrapped }, parameters };
  }
  if (!LAMBDA_ARN.test(state.Resource)) throw new Error(`${state.Resource} cannot be run locally.`);
  return {
    plan: { kind: "function", functionArn: state.Resource, timeoutSeconds, isWrapped },
    parameters,
  };
}

/** A Wait runs as a Task that hands on its input, since the engine can neither scale a `SecondsPath` nor wait long. */
export function planWait(state: WaitState): Planned {
  if (state.SecondsPath === undefined) {
    return { plan: { kind: "wait", seconds: state.Seconds, isWrapped: false }, parameters: {} };
  }
  const wrapped = { "payload.$": "$", "seconds.$": state.SecondsPath };
  return { plan: { kind: "wait", seconds: undefined, isWrapped: true }, parameters: { Parameters: wrapped } };
}

function refuseUnclearTimeouts(state: TaskState): void {
  const { TimeoutSeconds, TimeoutSecondsPath, InputPath } = state;
  if (TimeoutSecondsPath !== undefined && InputPath !== undefined && InputPath !== "$") {
    throw new Error("TimeoutSecondsPath together with InputPath cannot be run locally.");
  }
  if (TimeoutSeconds === undefined && TimeoutSecondsPath === undefined) return;
  for (const rules of [state.Retry ?? [], state.Catch ?? []]) {
    const first = rules.find(({ ErrorEquals }) =>
      ["States.TaskFailed", "States.Timeout", "States.ALL"].some((name) => ErrorEquals.includes(name)),
    );
    // In AWS "States.TaskFailed" leaves time-outs out; the engine recognizes only its own.
    if (first?.ErrorEquals.includes("States.TaskFailed") && !first.ErrorEquals.includes("States.Timeout")) {
      throw new Error("A Task with a time-out must name States.Timeout before or with States.TaskFailed.");
    }
  }
}
