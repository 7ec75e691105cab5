import { once } from "node:events";
import { connect } from "node:net";
import * as z from "zod";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { type OwnApi, RefusedCall, signIn } from "../local/own-api.ts";
import { newWebhook, WEBHOOKS, webhookList } from "../local/subscribe-receiver.ts";
import type { Options } from "./read-options.ts";
import { COLUMNS, type Receiver, startReceiver } from "./receiver.ts";

const NAME = "npm run webhooks";

export interface WatchOptions extends Options {
  print(line: string): void;
}

export interface Watch {
  /** Deletes the webhook and stops the receiver. Returns a line if the webhook is still there. */
  close(): Promise<string | undefined>;
}

/**
 * Makes a webhook, and prints its messages as they arrive. First deletes the webhooks of earlier runs that were killed.
 *
 * @throws an `Error` with a one-line message if there can be no webhook.
 */
export async function watchWebhooks(options: WatchOptions): Promise<Watch> {
  const { apiUrl, port, print } = options;
  const api = await reach(options);
  const secret = Promise.withResolvers<Secret>();
  const receiver = await startReceiver({ port, secret: secret.promise, print });
  try {
    await deleteLeftOvers(api, receiver);
    const wanted = { url: receiver.url, name: NAME, payload: "full" };
    const created = await api.call("POST", WEBHOOKS, newWebhook, wanted);
    secret.resolve(new Secret(created.secret));
    print(`${receiver.url} receives what the webhook ${created.id} of ${apiUrl} gets. Ctrl-C ends both.`);
    print(`Columns: ${COLUMNS}`);
    return { close: () => close(options, receiver, created.id) };
  } catch (error) {
    await receiver.close();
    throw inOneLine(error);
  }
}

async function reach({ apiUrl, apiKey }: Options): Promise<OwnApi> {
  try {
    return await signIn({ apiUrl, apiKey });
  } catch (error) {
    if (!(error instanceof RefusedCall)) {
      throw new Error(
        `No API answers at ${apiUrl}. Start it with npm start, or name its address after --url.`,
      );
    }
    throw isOfKey(error)
      ? new Error(`The API at ${apiUrl} does not accept the API key. Set LOCAL_API_KEY to its key.`)
      : inOneLine(error);
  }
}

/** The API refuses a key that it does not know as published: with 404. */
function isOfKey({ status }: RefusedCall): boolean {
  return status === 404 || status === 401 || status === 403;
}

/** Does not delete the webhook of another run that still works: its receiver listens. */
async function deleteLeftOvers(api: OwnApi, { url: ownUrl }: Receiver): Promise<void> {
  const { data } = await api.call("GET", WEBHOOKS, webhookList);
  for (const { id, name, url } of data) {
    if (name !== NAME || (url !== ownUrl && (await isListening(url)))) continue;
    await api.call("DELETE", `${WEBHOOKS}/${id}`, z.undefined());
  }
}

async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A token lasts an hour, so it signs in again. */
async function close(options: Options, receiver: Receiver, id: string): Promise<string | undefined> {
  try {
    const api = await signIn(options);
    await api.call("DELETE", `${WEBHOOKS}/${id}`, z.undefined());
    return undefined;
  } catch {
    return `The webhook ${id} could not be deleted. The next run deletes it.`;
  } finally {
    await receiver.close();
  }
}

function inOneLine(error: unknown): unknown {
  return error instanceof RefusedCall ? new Error(`There is no webhook: ${error.message}`) : error;
}
