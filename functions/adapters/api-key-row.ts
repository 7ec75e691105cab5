import { createHash } from "node:crypto";
import type { Secret } from "../domain/secret.ts";

/** SHA-256 in hexadecimal. API keys are random, so that nothing slower is needed. */
export function apiKeyHash(apiKey: Secret): string {
  return createHash("sha256").update(apiKey.reveal()).digest("hex");
}

/** The key of an API key's row in the jobs table. */
export function apiKeyRow(hash: string): string {
  return `api-key#${hash}`;
}
