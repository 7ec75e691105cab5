import type { UpstreamMessages } from "../domain/ports.ts";
import { MESSAGE_ID } from "../domain/upstream-message.ts";

/** The parts of a message that are signed. Each is as the sender wrote it. */
export interface SignedMessage {
  id: string;
  timestamp: string;
  signature: string;
  body: string;
}

export interface ReceiveDeps {
  messages: Pick<UpstreamMessages, "add">;
  /** Returns whether the aggregator has signed the message, at most 5 minutes ago. */
  isGenuine(message: SignedMessage): Promise<boolean>;
  /** Returns the id of the event that a body names; `undefined` if it names none. */
  eventIdIn(body: string): string | undefined;
}

/**
 * Stores a message of the aggregator's webhooks, once. Returns false if the aggregator has not signed it, or it is too old. Accepts
 * a message that names no event, and stores nothing: after a refusal, the aggregator would send it again.
 */
export async function receiveNotification(deps: ReceiveDeps, message: SignedMessage): Promise<boolean> {
  if (!MESSAGE_ID.test(message.id) || !(await deps.isGenuine(message))) return false;
  const eventId = deps.eventIdIn(message.body);
  if (eventId !== undefined) await deps.messages.add({ id: message.id, eventId });
  return true;
}
