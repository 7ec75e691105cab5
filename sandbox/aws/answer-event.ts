import { admit, answer } from "../answer.ts";
import type { Call, Setting, Situation } from "../call.ts";
import { replyOfFault } from "../fault.ts";
import { broken, refusalReply } from "../refusal.ts";
import type { Reply } from "../reply.ts";
import type { FaultAction, State } from "../state.ts";
import { change } from "./change.ts";
import { callOf, type GatewayResult, resultOf } from "./gateway-event.ts";
import type { Table } from "./table.ts";

/** A function has 29 s. This limit leaves 2 s for the work. */
const maxDelayMs = 27_000;

export type EventFront = {
  readonly table: Table;
  readonly setting: Setting;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
};

/** Thrown for the fault `reset`. A function cannot cut a connection, but the gateway replies 500 in its place. */
class ReplyLost extends Error {
  override readonly name = "ReplyLost";
  constructor() {
    super("This reply was to be lost: it was asked for on the control side.");
  }
}

/**
 * Answers one gateway event. Two faults differ from the sandbox on a socket: `reset` becomes a 500 from the gateway, before or
 * after the work, and a delay lasts at most 27 s.
 */
export async function answerEvent(front: EventFront, event: unknown): Promise<GatewayResult> {
  try {
    return resultOf(await replyTo(front, callOf(event)));
  } catch (error) {
    if (error instanceof ReplyLost) throw error;
    report(error);
    return resultOf(refusalReply(broken, front.setting.newId()));
  }
}

async function replyTo(front: EventFront, call: Call): Promise<Reply> {
  const { fault, reply } = await change(front, call, (state) => takeIn(situationOf(front, call, state)));
  if (fault === undefined) return reply;
  const inPlace = replyOfFault(fault, front.setting.newId());
  if (inPlace !== undefined) return inPlace;
  if (fault.delayMs !== undefined) {
    await front.wait(Math.min(fault.delayMs, maxDelayMs));
    return work(front, call);
  }
  if (fault.reset === "after") await work(front, call);
  throw new ReplyLost();
}

/** Records and answers a call without a fault in one step, because most of the time is spent on reading and writing rows. */
function takeIn(situation: Situation): TakenIn {
  const { state, fault } = admit(situation);
  return fault === undefined ? { fault, ...answer({ ...situation, state }) } : { fault, state };
}

type TakenIn =
  | { readonly fault: FaultAction; readonly state: State; readonly reply?: never }
  | { readonly fault: undefined; readonly state: State; readonly reply: Reply };

async function work(front: EventFront, call: Call): Promise<Reply> {
  return (await change(front, call, (state) => answer(situationOf(front, call, state)))).reply;
}

function situationOf({ setting, now }: EventFront, call: Call, state: State): Situation {
  return { state, call, now: now(), setting };
}

/**
 * Logs only the error's name, because a message may quote the request. Removes the `$` that `zod/mini` puts before the names
 * of its errors.
 */
function report(error: unknown): void {
  const errorName = error instanceof Error ? error.name.replace(/^\$/, "") : "unknown";
  process.stderr.write(`${JSON.stringify({ level: "error", message: "call failed", errorName })}\n`);
}
