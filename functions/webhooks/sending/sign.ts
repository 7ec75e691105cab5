import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { Secret } from "../../jobs/domain/secret.ts";
import type { Delivery } from "../domain/ports.ts";

const SECRET_BYTES = 32;

/** Makes a secret in the form of Standard Webhooks: `whsec_`, then random bytes in Base64. */
export function newEndpointSecret(): Secret {
  return new Secret(`whsec_${randomBytes(SECRET_BYTES).toString("base64")}`);
}

/** Returns the headers of Standard Webhooks, with one signature for each secret. Throws without a secret. */
export function signedHeaders({ id, body, secrets, at }: Omit<Delivery, "url">): Record<string, string> {
  if (secrets.length === 0) throw new TypeError("A message without a signature must not be sent.");
  const signatures = secrets.map((secret) => new Webhook(secret.reveal()).sign(id, at, body));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": signatures.join(" "),
  };
}
