import type { ApiEvent, WebhookPayload } from "./types.ts";

/** The message is not signed with a secret of the webhook, or not at this time. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

export interface SignedMessage {
  /** The body as it came, before any parsing. */
  payload: string | Uint8Array;
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `whsec_…`. Several while a secret is replaced: one of them has to fit. */
  secret: string | readonly string[];
  /** Default: the clock of this machine. */
  now?: Date;
  /** How far the time of the message may be from `now`. Default: 300. */
  toleranceSeconds?: number;
}

/** What a webhook gets. `event` is there if the webhook has `"payload":"full"`. */
export interface ReceivedMessage extends WebhookPayload {
  event?: ApiEvent;
}

const DEFAULT_TOLERANCE_SECONDS = 300;

/**
 * Returns the body of a webhook's message. Throws a `WebhookVerificationError` if the signature or the time is wrong. Needs
 * `crypto.subtle`, which Node, workers and browsers have, and React Native does not.
 */
export async function verifyWebhook(message: SignedMessage): Promise<ReceivedMessage> {
  const id = headerOf(message, "webhook-id");
  const timestamp = parseInt(headerOf(message, "webhook-timestamp"), 10);
  const signatures = headerOf(message, "webhook-signature")
    .split(" ")
    .map((text) => text.split(","))
    .flatMap(([version, signature]) => (version === "v1" ? [signature ?? ""] : []));
  checkTime(timestamp, message);
  const { payload } = message;
  // As in `Buffer`, a byte order mark stays.
  const body =
    typeof payload === "string" ? payload : new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const expected = await Promise.all([message.secret].flat().map((secret) => signatureOf(signed, secret)));
  if (!expected.some((one) => signatures.some((signature) => areEqual(one, signature)))) {
    throw new WebhookVerificationError("No signature fits the secret.");
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new WebhookVerificationError("The body is not JSON.");
  }
}

function headerOf({ headers }: SignedMessage, name: string): string {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).findLast(([key]) => key.toLowerCase() === name)?.[1];
  if (value) return String(value);
  throw new WebhookVerificationError(`The message has no header ${name}.`);
}

function checkTime(timestamp: number, { now, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS }: SignedMessage) {
  const seconds = Math.floor((now?.getTime() ?? Date.now()) / 1000);
  // A header that is no number fails this comparison too.
  if (!(Math.abs(seconds - timestamp) <= toleranceSeconds)) {
    throw new WebhookVerificationError("The time differs too much from the clock.");
  }
}

async function signatureOf(signed: Uint8Array<ArrayBuffer>, secret: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", keyIn(secret), algorithm, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
  return btoa(String.fromCharCode(...bytes));
}

function keyIn(secret: string): Uint8Array<ArrayBuffer> {
  const text = secret.replace(/^whsec_/, "");
  if (!/^[A-Za-z0-9+/]+=*$/.test(text)) throw new TypeError("The secret must be whsec_ and Base64.");
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Takes the same time for every position at which the texts differ. */
function areEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  }
  return difference === 0;
}
