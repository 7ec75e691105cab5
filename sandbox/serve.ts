import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { admit, answer } from "./answer.ts";
import type { Call, Setting } from "./call.ts";
import { replyOfFault } from "./fault.ts";
import { readCall, sendReply } from "./http-call.ts";
import { broken, refusalReply } from "./refusal.ts";
import type { FaultAction } from "./state.ts";
import type { StateKeeper } from "./state-keeper.ts";

export type Front = {
  readonly keeper: StateKeeper;
  readonly setting: Setting;
  readonly now: () => number;
  /** Waits before the next check for messages of webhooks to send. */
  readonly rest?: ((milliseconds: number, signal: AbortSignal) => Promise<unknown>) | undefined;
  readonly closing: AbortSignal;
};

/** Serves one request: sends the reply, or performs the fault that replaces it. */
export async function serve(front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const call = await readCall(request);
    const fault = take(front, call);
    if (fault === undefined) await reply(front, call, response);
    else await misbehave(front, call, fault, response);
  } catch {
    if (response.headersSent || front.closing.aborted) request.destroy();
    else sendReply(response, refusalReply(broken, front.setting.newId()));
  }
}

async function misbehave(
  front: Front,
  call: Call,
  fault: FaultAction,
  response: ServerResponse,
): Promise<void> {
  await front.keeper.settled();
  const inPlace = replyOfFault(fault, front.setting.newId());
  if (inPlace !== undefined) return sendReply(response, inPlace);
  if (fault.delayMs !== undefined) {
    await wait(fault.delayMs, undefined, { signal: front.closing });
    return reply(front, call, response);
  }
  if (fault.reset === "after") {
    work(front, call);
    await front.keeper.settled();
  }
  response.socket?.resetAndDestroy();
}

async function reply(front: Front, call: Call, response: ServerResponse): Promise<void> {
  const done = work(front, call);
  await front.keeper.settled();
  sendReply(response, done);
}

function take({ keeper, setting, now }: Front, call: Call): FaultAction | undefined {
  const { state, fault } = admit({ state: keeper.current(), call, now: now(), setting });
  keeper.replace(state);
  return fault;
}

function work({ keeper, setting, now }: Front, call: Call) {
  const { state, reply } = answer({ state: keeper.current(), call, now: now(), setting });
  keeper.replace(state);
  return reply;
}
