import { type Event, pathOf } from "../../events/domain/event.ts";
import { typeIdOf } from "../../events/domain/event-types.ts";
import type { Clock } from "../../jobs/domain/clock.ts";
import { type Endpoint, isSubscribed } from "../domain/endpoint.ts";
import { type Message, newMessage } from "../domain/message.ts";
import type { Endpoints, Messages, Waker, Woken } from "../domain/ports.ts";

export interface FanOutDeps {
  clock: Clock;
  endpoints: Pick<Endpoints, "read">;
  messages: Pick<Messages, "add" | "link" | "newestOf" | "noteNewest">;
  waker: Waker;
}

export interface FanOut {
  /** Makes a message for each endpoint that is subscribed. Making it again changes nothing. */
  add(event: Event): Promise<void>;
  /** Starts the first attempts of the messages that were made. */
  wake(): Promise<void>;
}

/** Makes the messages of a batch of events. Events of one job must come in their order. */
export function fanOut(deps: FanOutDeps): FanOut {
  let reading: Promise<Endpoint[]> | undefined;
  const made: Woken[] = [];
  return {
    async add(event) {
      reading ??= deps.endpoints.read().then(({ endpoints }) => endpoints);
      const typeId = typeIdOf(event);
      const subscribed = (await reading).filter((endpoint) => isSubscribed(endpoint, typeId));
      for (const ref of await Promise.all(subscribed.map((endpoint) => make(deps, endpoint, event)))) {
        if (ref !== undefined) made.push(ref);
      }
    },
    async wake() {
      if (made.length > 0) await deps.waker.wake(made.splice(0));
    },
  };
}

/** Returns the message if it is to be sent now. */
async function make(deps: FanOutDeps, endpoint: Endpoint, event: Event): Promise<Woken | undefined> {
  const { messages, clock } = deps;
  const message = messageOf(endpoint, event, clock);
  const ref = { endpointId: endpoint.id, id: message.id };
  if (endpoint.ordering === "none" || event.entity !== "job") {
    return (await messages.add(message)) ? ref : undefined;
  }
  const previous = await messages.newestOf(endpoint.id, event.job.id);
  if (previous === message.id) return undefined;
  const isNew = await messages.add({ ...message, previous });
  await messages.noteNewest(endpoint.id, event.job.id, message.id);
  // The function that settles the earlier message sends this one.
  const waits = previous !== undefined && (await messages.link(endpoint.id, previous, message.id));
  return isNew && !waits ? ref : undefined;
}

function messageOf({ id: endpointId }: Endpoint, event: Event, clock: Clock): Message {
  const sequence = event.entity === "job" ? event.sequence : 0;
  const about = { endpointId, eventId: event.id, typeId: typeIdOf(event), path: pathOf(event), sequence };
  return newMessage(about, clock);
}
