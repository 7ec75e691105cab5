import { answerEvent, type EventFront } from "./aws/answer-event.ts";
import { frontOnAws } from "./aws/front-on-aws.ts";
import type { GatewayResult } from "./aws/gateway-event.ts";

let front: EventFront | undefined;

/** Serves the whole sandbox behind an HTTP API. Throws for the fault `reset`, so that the gateway replies 500. */
export async function handler(event: unknown): Promise<GatewayResult> {
  // Created at the first call, and again if that failed.
  front ??= await frontOnAws();
  return answerEvent(front, event);
}
