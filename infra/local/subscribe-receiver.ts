import * as z from "zod";
import { type ApiAccess, RefusedCall, signIn } from "./own-api.ts";

export const WEBHOOKS = "/notifications/webhooks";
export const webhookList = z.object({
  data: z.array(
    z.object({ id: z.string(), name: z.string().optional(), url: z.string(), status: z.string() }),
  ),
});
export const newWebhook = z.object({ id: z.string(), secret: z.string() });

/**
 * Makes a webhook for the receiver of `WEBHOOK_URL`, unless an earlier start has made one. Returns a line about it: nothing else
 * ever shows the secret.
 *
 * @throws an `Error` with a one-line message if the API refuses the webhook.
 */
export async function subscribeReceiver(access: ApiAccess, url: string): Promise<string> {
  try {
    const api = await signIn(access);
    const { data } = await api.call("GET", WEBHOOKS, webhookList);
    const found = data.find((webhook) => webhook.url === url);
    if (found !== undefined) {
      return `Webhook:  ${url} has the webhook ${found.id} (${found.status}) of an earlier start, which showed its secret.`;
    }
    const { id, secret } = await api.call("POST", WEBHOOKS, newWebhook, { url, name: "WEBHOOK_URL" });
    return `Webhook:  ${url} has the new webhook ${id}. Its secret is shown only here: ${secret}`;
  } catch (error) {
    if (error instanceof RefusedCall) throw new Error(`WEBHOOK_URL gets no webhook. ${error.message}`);
    throw error;
  }
}
