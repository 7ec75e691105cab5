import { answerEvent, type EventFront } from "./aws/answer-event.ts";
import { frontOnAws } from "./aws/front-on-aws.ts";
import type { GatewayResult } from "./aws/gateway-event.ts";

let front: EventFront | undefined;

/** The whole sandbox behind an HTTP API. Throws where the gateway is to answer in its place. */
export async function handler(event: unknown): Promise<GatewayResult> {
  // Made at the first call, and made again when that failed.
  front ??= await frontOnAws();
  return answerEvent(front, event);
}
