import type { Endpoint, EndpointState } from "./endpoint.ts";
import type { Message } from "./message.ts";

/** The statuses of an endpoint that its owner sees. */
export const ENDPOINT_STATUSES = ["active", "failing", "draining", "disabled"] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

/** The statuses of a message that the owner of its endpoint sees. `held`: it waits until the endpoint answers, or is enabled, again. */
export const MESSAGE_STATUSES = ["pending", "held", "delivered", "failed"] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

interface Receiver {
  endpoint: Pick<Endpoint, "status">;
  state: Pick<EndpointState, "mode">;
}

export function endpointStatusOf({ endpoint, state }: Receiver): EndpointStatus {
  return endpoint.status === "active" ? (state.mode ?? "active") : "disabled";
}

export function statusOf({ status }: Pick<Message, "status">, receiver: Receiver): MessageStatus {
  if (status !== "pending") return status;
  const isHeld = ["failing", "disabled"].includes(endpointStatusOf(receiver));
  return isHeld ? "held" : "pending";
}
