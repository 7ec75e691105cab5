import type { Clock } from "../../jobs/domain/clock.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { inBatches } from "../../jobs/use-cases/in-batches.ts";
import type { Message } from "../domain/message.ts";
import type { Messages, Waker } from "../domain/ports.ts";
import { type EndpointDeps, type FoundEndpoint, findEndpoint } from "./manage-endpoints.ts";
import { type FoundMessage, findMessage } from "./read-messages.ts";

export interface SendAgainDeps extends Pick<EndpointDeps, "endpoints" | "states"> {
  clock: Clock;
  messages: Pick<Messages, "find" | "page" | "period" | "reopen">;
  waker: Waker;
}

/**
 * Sends a message again now, whatever its status is. The attempt does not count. Throws a `Refusal` if the endpoint is disabled, or has
 * no such message.
 */
export async function resend(deps: SendAgainDeps, endpointId: string, id: string): Promise<FoundMessage> {
  const found = await findMessage(deps, endpointId, id);
  requireEnabled(found);
  await deps.waker.wake([{ endpointId, id, isResend: true }]);
  return found;
}

/** Nothing is sent to an endpoint that is disabled. */
function requireEnabled({ endpoint }: FoundEndpoint): void {
  if (endpoint.status === "disabled") throw new Refusal("webhook-disabled");
}

export const REPLAYED = ["failed", "held", "all"] as const;

export interface Replay {
  /** ISO 8601. Messages that were created at this time or later. */
  from: string;
  /** ISO 8601. Messages that were created before this time. */
  to: string;
  only: (typeof REPLAYED)[number];
  /** The message after which an earlier replay of this period ended. */
  after: string | undefined;
}

/** The writes of one request have to end in time. */
export const MAX_REPLAYED = 500;
const AT_ONCE = 10;

/**
 * Makes messages of a period pending and due, oldest first, at most {@link MAX_REPLAYED}. `next` is the message after which a further
 * replay begins, while there may be more. Throws a `Refusal` if the endpoint is disabled, or if the message `after` does not exist.
 */
export async function replay(
  deps: SendAgainDeps,
  endpointId: string,
  { from, to, only, after }: Replay,
): Promise<{ count: number; next: string | undefined }> {
  requireEnabled(await findEndpoint(deps, endpointId));
  const wanted = ({ status }: Message) => only === "all" || status === STATUS_OF[only];
  const page = await deps.messages.period(endpointId, { from, to, after, limit: MAX_REPLAYED, wanted });
  if (page === undefined) throw new Refusal({ reason: "field-not-valid", field: "after" });
  const dueAt = deps.clock.now().toISOString();
  await inBatches(page.messages, AT_ONCE, ({ id }) => deps.messages.reopen(endpointId, id, dueAt));
  return { count: page.messages.length, next: page.next };
}

const STATUS_OF = { failed: "failed", held: "pending" } as const;
