import type { Message } from "./message.ts";

/** What every message says: the type and the id of its event, and where to read more. The published names. */
export interface ThinPayload {
  eventTypeId: string;
  eventId: string;
  /** The text of a test message. */
  Text?: string;
  links: { event: string; eventEntity: string };
}

/** Returns what is sent for a message. `apiUrl` is the base URL of our API, without a trailing slash. */
export function thinPayload(
  { typeId, eventId, path, test }: Pick<Message, "typeId" | "eventId" | "path" | "test">,
  apiUrl: string,
): ThinPayload {
  return {
    eventTypeId: typeId,
    eventId,
    ...(test?.text !== undefined && { Text: test.text }),
    links: { event: `${apiUrl}/events/${eventId}`, eventEntity: `${apiUrl}${path}` },
  };
}
