import { admit, answer } from "../answer.ts";
import type { Call, Setting, Situation } from "../call.ts";
import { replyOfFault } from "../fault.ts";
import { broken, refusalReply } from "../refusal.ts";
import type { Reply } from "../reply.ts";
import type { FaultAction, State } from "../state.ts";
import { change } from "./change.ts";
import { callOf, type GatewayResult, resultOf } from "./gateway-event.ts";
import type { Table } from "./table.ts";

/** What leaves two of a function's 29 s for the work. */
const maxDelayMs = 27_000;

export type EventFront = {
  readonly table: Table;
  readonly setting: Setting;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
};

/** Thrown where a reply is to be lost: a function cannot cut a connection, but its gateway answers 500 in its place. */
class ReplyLost extends Error {
  override readonly name = "ReplyLost";
  constructor() {
    super("This reply was to be lost: it was asked for on the control side.");
  }
}

/**
 * One request from its event to its result. Two faults differ from those of the program on a socket: a `reset` is an
 * error of the gateway, status 500, without the work or after it; and a delay ends after 27 s.
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
  if ("delayMs" in fault) {
    await front.wait(Math.min(fault.delayMs, maxDelayMs));
    return work(front, call);
  }
  if ("reset" in fault && fault.reset === "after") await work(front, call);
  throw new ReplyLost();
}

/** In one go where no fault waits, since reading and writing is what takes time here. */
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

/** Its name only: a message may quote what was sent. */
function report(error: unknown): void {
  const errorName = error instanceof Error ? error.name : "unknown";
  process.stderr.write(`${JSON.stringify({ level: "error", message: "call failed", errorName })}\n`);
}
