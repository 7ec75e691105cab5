import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { sameBytes } from "../jobs/domain/same-bytes.ts";
import type { ApiKeys } from "../jobs/domain/secret-ports.ts";
import { readRow } from "../platform/dynamo.ts";
import { apiKeyHash, apiKeyId, apiKeyRow, hashInRow } from "./api-key-row.ts";

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
