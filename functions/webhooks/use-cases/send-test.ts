import { Refusal } from "../../jobs/domain/refusal.ts";
import { isSubscribed } from "../domain/endpoint.ts";
import { type Message, newMessage } from "../domain/message.ts";
import type { Messages, Waker } from "../domain/ports.ts";
import type { EndpointDeps, FoundEndpoint } from "./manage-endpoints.ts";

export interface SendTestDeps extends Pick<EndpointDeps, "newId" | "clock" | "endpoints" | "states"> {
  messages: Pick<Messages, "add">;
  waker: Waker;
}

/**
 * Sends a test message to every endpoint that is subscribed to a type. Its event is not stored. Throws a `Refusal` if there is no such
 * endpoint.
 */
export async function sendTest(
  deps: SendTestDeps,
  { typeId, text }: { typeId: string; text: string | undefined },
): Promise<(FoundEndpoint & { message: Message })[]> {
  const { endpoints } = await deps.endpoints.read();
  const subscribed = endpoints.filter((endpoint) => isSubscribed(endpoint, typeId));
  if (subscribed.length === 0) throw new Refusal("no-webhooks-found");
  const eventId = deps.newId();
  const sent = await Promise.all(
    subscribed.map(async (endpoint) => {
      const about = {
        endpointId: endpoint.id,
        eventId,
        typeId,
        path: `/events/types/${typeId}`,
        sequence: 0,
      };
      const message = newMessage({ ...about, test: { text } }, deps.clock);
      await deps.messages.add(message);
      return { endpoint, state: await deps.states.read(endpoint.id), message };
    }),
  );
  await deps.waker.wake(sent.map(({ message: { endpointId, id } }) => ({ endpointId, id })));
  return sent;
}
