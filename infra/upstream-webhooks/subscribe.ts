import { EVENT_TYPES, isOfAggregator } from "../../functions/events/domain/event-types.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { ROUTES } from "../../functions/routes.ts";
import { type Aggregator, AggregatorRefused, type UpstreamWebhook } from "./aggregator.ts";

/** The types of events that the aggregator publishes. */
export const UPSTREAM_EVENT_TYPES = EVENT_TYPES.filter(({ entity }) => isOfAggregator(entity)).map(
  ({ id }) => id,
);

/** Returns the address at which a deployment takes the aggregator's webhooks. */
export function receiverOf(apiUrl: string): string {
  return apiUrl + ROUTES["receive-notification"].path;
}

export interface Subscribing {
  aggregator: Pick<Aggregator, "list" | "create" | "update" | "remove">;
  apiUrl: string;
  storeSecret(secret: Secret): Promise<void>;
}

/**
 * Subscribes a deployment to all published types of events, and stores the secret that the aggregator returns. A deployment
 * that has subscribed before keeps its webhook.
 *
 * @throws an `Error` with a one-line message. A webhook whose secret could not be stored is deleted again.
 */
export async function subscribe({ aggregator, apiUrl, storeSecret }: Subscribing): Promise<UpstreamWebhook> {
  const url = receiverOf(apiUrl);
  const wanted = { name: "Connection Jobs", url, subscribedEvents: UPSTREAM_EVENT_TYPES };
  const before = (await aggregator.list()).find((one) => one.url === url);
  try {
    const updated = before && (await aggregator.update(before.id, wanted));
    if (updated?.secret !== undefined) {
      await storeSecret(new Secret(updated.secret));
      return updated;
    }
    // Its secret cannot be read any more.
    if (before !== undefined) await aggregator.remove(before.id);
    return await subscribeAnew({ aggregator, storeSecret }, wanted);
  } catch (error) {
    if (!(error instanceof AggregatorRefused) || error.code !== "event-already-subscribed") throw error;
    throw new Error(
      "Another webhook of this application has some of the 15 event types. The aggregator allows one for each type: delete the other webhook there, then try again.",
    );
  }
}

async function subscribeAnew(
  { aggregator, storeSecret }: Pick<Subscribing, "aggregator" | "storeSecret">,
  wanted: object,
): Promise<UpstreamWebhook> {
  const created = await aggregator.create(wanted);
  try {
    if (created.secret === undefined) throw new Error("The aggregator returned no secret.");
    await storeSecret(new Secret(created.secret));
    return created;
  } catch (error) {
    await aggregator.remove(created.id);
    throw error;
  }
}
