import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod/v4/core";
import { ABSENT, deleteRow, putRow, readRow } from "../../platform/dynamo.ts";
import { JobChanged } from "../domain/errors.ts";
import { anyText, listOf, object } from "../domain/kinds.ts";
import { LOCKOUT_MS, noteRefused, type RefusedLogins } from "../domain/lockout.ts";
import type { Clock, RefusedLoginNotes } from "../domain/ports.ts";
import { keptUntil, REFUSED_LOGINS_TTL_DAYS } from "../domain/times-to-live.ts";
import { wholeNumber } from "../domain/whole-number.ts";

/** Each round lost means that another job's login was noted, and a user has few jobs at one bank at a time. */
const MAX_ROUNDS = 5;

const rowSchema = object({
  jobIds: listOf(anyText),
  blockedUntil: anyText,
  version: wholeNumber,
});

/** One row for each user and institution whose last login was refused. */
export function dynamoRefusedLogins(
  client: DynamoDBClient,
  tableName: string,
  clock: Clock,
): RefusedLoginNotes {
  const find = findRefusedLogins(client, tableName);

  function write(userId: string, institutionId: string, noted: RefusedLogins, version: number) {
    const expiresAt = keptUntil(noted.blockedUntil, REFUSED_LOGINS_TTL_DAYS);
    return putRow(
      client,
      tableName,
      { ...keyOf(userId, institutionId), ...noted, version: version + 1, expiresAt },
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

/** The reading part of it, for those who bring logins and do not see what becomes of them. */
export function findRefusedLogins(client: DynamoDBClient, tableName: string) {
  return async (userId: string, institutionId: string) => {
    const row = await readRow(client, tableName, keyOf(userId, institutionId));
    return row === undefined ? undefined : z.parse(rowSchema, row);
  };
}

function keyOf(userId: string, institutionId: string) {
  return { pk: `refused#${userId}#${institutionId}` };
}
