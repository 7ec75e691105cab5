import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { ABSENT, deleteRow, ownerOf, putRow, readRow } from "../../platform/dynamo.ts";
import type { Clock } from "../domain/clock.ts";
import { JobChanged } from "../domain/errors.ts";
import { LOCKOUT_MS, noteRefused, type RefusedLogins } from "../domain/login.ts";
import type { RefusedLoginNotes } from "../domain/ports.ts";
import { REFUSED_LOGINS_TTL_DAYS, storedUntil } from "../domain/times-to-live.ts";

/**
 * We lose a round only if the login of another job is recorded in it, and a user has few jobs at one bank at a time.
 */
const MAX_ROUNDS = 5;

const rowSchema = z.object({
  jobIds: z.array(z.string()),
  blockedUntil: z.string(),
  version: z.int(),
});

/**
 * Stores one row for each user and institution whose last login was refused. `note` throws
 * `JobChanged` after 5 lost rounds.
 */
export function dynamoRefusedLogins(
  client: DynamoDBClient,
  tableName: string,
  clock: Clock,
): RefusedLoginNotes {
  async function find(userId: string, institutionId: string) {
    const row = await readRow(client, tableName, keyOf(userId, institutionId));
    return row === undefined ? undefined : z.parse(rowSchema, row);
  }

  function write(userId: string, institutionId: string, noted: RefusedLogins, version: number) {
    const expiresAt = storedUntil(noted.blockedUntil, REFUSED_LOGINS_TTL_DAYS);
    return putRow(
      client,
      tableName,
      { ...keyOf(userId, institutionId), ...noted, owner: ownerOf(userId), version: version + 1, expiresAt },
      version === 0 ? ABSENT : ["version = :version", { ":version": version }],
    );
  }

  return {
    find,

    async note(userId, institutionId, jobId) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const found = await find(userId, institutionId);
        const noted = noteRefused(found, jobId, clock.after(LOCKOUT_MS));
        if (noted === undefined || (await write(userId, institutionId, noted, found?.version ?? 0))) return;
      }
      throw new JobChanged();
    },

    async clear(userId, institutionId) {
      await deleteRow(client, tableName, keyOf(userId, institutionId));
    },
  };
}

function keyOf(userId: string, institutionId: string) {
  return { pk: `refused#${userId}#${institutionId}` };
}
