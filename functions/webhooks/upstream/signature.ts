import { Webhook } from "standardwebhooks";
import type { Clock } from "../../jobs/domain/clock.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import type { SignedMessage } from "../use-cases/receive-notification.ts";

/** The secret is read again after this time. */
const USED_MS = 60_000;
/** A message with another signature causes another read, but not more often than this. */
const READ_AGAIN_MS = 5_000;

export interface SignatureOptions {
  /** Reads the secret of the webhook at the aggregator, `whsec_…`. */
  secret(): Promise<Secret>;
  clock: Pick<Clock, "now">;
}

/**
 * Returns a function that says whether the aggregator has signed a message, at most 5 minutes ago. It reads the secret again
 * after a new one was stored, so that nobody has to restart anything. Throws if the secret cannot be read.
 */
export function signatureCheck({
  secret,
  clock,
}: SignatureOptions): (message: SignedMessage) => Promise<boolean> {
  let held: { secret: Promise<Secret>; readAt: number } | undefined;

  function read(maxAgeMs: number): Promise<Secret> {
    const now = clock.now().getTime();
    if (held === undefined || now - held.readAt >= maxAgeMs) {
      const reading = secret();
      held = { secret: reading, readAt: now };
      reading.catch(() => {
        held = undefined;
      });
    }
    return held.secret;
  }

  return async (message) => {
    const used = await read(USED_MS);
    if (isSigned(used, message)) return true;
    const newer = await read(READ_AGAIN_MS);
    return newer !== used && isSigned(newer, message);
  };
}

function isSigned(secret: Secret, { id, timestamp, signature, body }: SignedMessage): boolean {
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  try {
    const webhook = new Webhook(secret.reveal());
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    // Every error means that the signature is wrong. The text of the error may quote the message.
    return false;
  }
}
