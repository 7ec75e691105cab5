import { once, upstreamMessages, upstreamSignature } from "../../compose.ts";
import { apiHandler } from "../../http/api-handler.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { MAX_MESSAGE_BYTES } from "../domain/upstream-message.ts";
import { receiveNotification } from "../use-cases/receive-notification.ts";
import { eventIdIn } from "./notification.ts";

/** Undefined in a deployment that takes no webhooks of the aggregator. */
const deps = once(() => {
  const isGenuine = upstreamSignature();
  return isGenuine && { messages: upstreamMessages(), isGenuine, eventIdIn };
});

/** Asks for no token: the signature says who sends. */
export const handler = apiHandler(
  "receive-notification",
  async (request) => {
    const receiving = deps();
    if (receiving === undefined) throw new Refusal("route-not-found");
    const header = (name: string) => request.header(name) ?? "";
    const isGenuine = await receiveNotification(receiving, {
      id: header("webhook-id"),
      timestamp: header("webhook-timestamp"),
      signature: header("webhook-signature"),
      body: request.text(),
    });
    if (!isGenuine) throw new Refusal("signature-not-valid");
    return { status: 204 };
  },
  { bodyLimit: { bytes: MAX_MESSAGE_BYTES, reason: "message-too-large" } },
);
