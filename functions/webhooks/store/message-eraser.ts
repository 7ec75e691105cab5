import type { StoredEvent } from "../../events/domain/event.ts";
import { messageIdOf } from "../domain/message.ts";
import type { Endpoints, Messages } from "../domain/ports.ts";

/** Returns a function that deletes the messages about events, at all endpoints, and the notes of the order of their jobs. */
export function messageEraser(
  endpoints: Pick<Endpoints, "read">,
  messages: Pick<Messages, "remove" | "forgetNewest">,
): (events: readonly StoredEvent[]) => Promise<void> {
  return async (events) => {
    const { endpoints: all } = await endpoints.read();
    for (const { id: endpointId } of all) {
      await Promise.all(events.map(({ id }) => messages.remove(endpointId, messageIdOf(endpointId, id))));
      const jobs = new Set(events.flatMap((event) => (event.entity === "job" ? event.job.id : [])));
      await Promise.all([...jobs].map((jobId) => messages.forgetNewest(endpointId, jobId)));
    }
  };
}
