import { createHash } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Secret, sameBytes } from "../jobs/domain/secret.ts";
import { readRow } from "../platform/dynamo.ts";
import type { ApiKeys } from "./ports.ts";

const PREFIX = "api-key#";

/**
 * 48 bits. They need to differ among the keys of one deployment, not to be hard to guess: of a thousand keys, two share
 * an id with a chance below one in 500 million, and then more digits of the hash tell them apart.
 */
const ID_DIGITS = 12;

/** SHA-256 in hexadecimal. API keys are random, so that nothing slower is needed. */
export function apiKeyHash(apiKey: Secret): string {
  return createHash("sha256").update(apiKey.reveal()).digest("hex");
}

/** How people name a key: the beginning of its hash. */
export function apiKeyId(hash: string): string {
  return hash.slice(0, ID_DIGITS);
}

/** The key of an API key's row in the jobs table. */
export function apiKeyRow(hash: string): string {
  return `${PREFIX}${hash}`;
}

export function hashInRow(pk: string): string {
  return pk.slice(PREFIX.length);
}

/** Of no key: it stands where there is no row, so that what is unknown is compared like what is known. */
const NO_HASH = "0".repeat(64);

/**
 * Checks API keys; `dynamo-api-key-register.ts` keeps them. The table finds a row by the hash of what was sent; whether it is that
 * key's is for us to say, by the hash that the row has. Both are compared in constant time, and with a row or without one
 * the same is done. The key itself is never compared with anything.
 */
export function dynamoApiKeys(client: DynamoDBClient, tableName: string): ApiKeys {
  return {
    async idOf(apiKey) {
      const hash = apiKeyHash(apiKey);
      // Read as it is now: a key that was revoked is refused from the next request on.
      const row = await readRow(client, tableName, { pk: apiKeyRow(hash) });
      const kept = row === undefined ? NO_HASH : hashInRow(String(row["pk"]));
      const isKnown = sameBytes(Buffer.from(hash), Buffer.from(kept));
      return row !== undefined && isKnown && row["revokedAt"] === undefined ? apiKeyId(hash) : undefined;
    },
  };
}
