import { createHash } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Secret, sameBytes } from "../jobs/domain/secret.ts";
import { readRow } from "../platform/dynamo.ts";
import type { ApiKeys } from "./ports.ts";

const PREFIX = "api-key#";

/**
 * 48 bits. Ids have to differ among the keys of one deployment; they need not be hard to guess. Among 1,000 keys, two
 * share an id with a probability below 1 in 500 million; then more digits of the hash distinguish the two keys.
 */
const ID_DIGITS = 12;

/** Returns the SHA-256 hash in hexadecimal. API keys are random, so they need no slower hash. */
export function apiKeyHash(apiKey: Secret): string {
  return createHash("sha256").update(apiKey.reveal()).digest("hex");
}

/** Returns the beginning of the hash. People name a key by it. */
export function apiKeyId(hash: string): string {
  return hash.slice(0, ID_DIGITS);
}

/** Returns the partition key of an API key's row in the jobs table. */
export function apiKeyRow(hash: string): string {
  return `${PREFIX}${hash}`;
}

/** Reverses {@link apiKeyRow}. */
export function hashInRow(pk: string): string {
  return pk.slice(PREFIX.length);
}

/** The hash of no key. Unknown keys are compared with it, so that they take the same steps as known keys. */
const NO_HASH = "0".repeat(64);

/**
 * Checks API keys; `api-key-register.ts` stores them. The table finds a row by the hash of the received key. This
 * code then compares that hash with the hash in the row, in constant time, and does the same if there is no row. The
 * key itself is never compared.
 */
export function dynamoApiKeys(client: DynamoDBClient, tableName: string): ApiKeys {
  return {
    async idOf(apiKey) {
      const hash = apiKeyHash(apiKey);
      // A consistent read: a revoked key is refused from the next request on.
      const row = await readRow(client, tableName, { pk: apiKeyRow(hash) });
      const stored = row === undefined ? NO_HASH : hashInRow(String(row["pk"]));
      const isKnown = sameBytes(Buffer.from(hash), Buffer.from(stored));
      return row !== undefined && isKnown && row["revokedAt"] === undefined ? apiKeyId(hash) : undefined;
    },
  };
}
