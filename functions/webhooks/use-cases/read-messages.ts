import { Refusal } from "../../jobs/domain/refusal.ts";
import { shownEndpoints } from "../domain/endpoint-list.ts";
import type { Message } from "../domain/message.ts";
import type { Messages } from "../domain/ports.ts";
import { type MessageStatus, statusOf } from "../domain/shown-status.ts";
import { type EndpointDeps, type FoundEndpoint, findEndpoint } from "./manage-endpoints.ts";

export type ReadDeps = Pick<EndpointDeps, "endpoints" | "states"> & {
  messages: Pick<Messages, "find" | "page">;
};

/** A page of an endpoint's messages, newest first. */
export interface FoundMessages extends FoundEndpoint {
  messages: Message[];
  next: string | undefined;
}

export interface FoundMessage extends FoundEndpoint {
  message: Message;
}

export interface ListMessages {
  limit: number;
  from: string | undefined;
  /** Absent: all messages. */
  wanted: ((message: Message, status: MessageStatus) => boolean) | undefined;
}

/** Throws a `Refusal` if the endpoint or the message `from` does not exist. */
export async function listMessages(
  deps: ReadDeps,
  endpointId: string,
  { limit, from, wanted }: ListMessages,
): Promise<FoundMessages> {
  const found = await findEndpoint(deps, endpointId);
  const page = await deps.messages.page(endpointId, {
    limit,
    from,
    wanted: wanted && ((message) => wanted(message, statusOf(message, found))),
  });
  if (page === undefined) throw new Refusal({ reason: "field-not-valid", field: "from" });
  return { ...found, ...page };
}

/** Throws the same `Refusal` if the endpoint does not exist and if it has no such message, as published. */
export async function findMessage(deps: ReadDeps, endpointId: string, id: string): Promise<FoundMessage> {
  const endpoint = shownEndpoints((await deps.endpoints.read()).endpoints).find(
    (each) => each.id === endpointId,
  );
  const message = endpoint && (await deps.messages.find(endpointId, id));
  if (endpoint === undefined || message === undefined) throw new Refusal("message-not-found");
  return { endpoint, state: await deps.states.read(endpointId), message };
}
