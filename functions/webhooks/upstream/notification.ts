import * as z from "zod/mini";
import { upstreamId } from "../../jobs/domain/ids.ts";

/** What we read of the body of a message. Everything else follows from the event, which the aggregator shows. */
export const notification = z.object({ eventId: upstreamId });

/** Returns the id of the event that a body names; `undefined` if it names none. */
export function eventIdIn(body: string): string | undefined {
  try {
    return z.safeParse(notification, JSON.parse(body)).data?.eventId;
  } catch {
    return undefined;
  }
}
