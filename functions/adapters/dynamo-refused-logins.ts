import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { JobChanged } from "../domain/errors.ts";
import { LOCKOUT_MS, noteRefused } from "../domain/lockout.ts";
import type { Clock, RefusedLoginNotes } from "../domain/ports.ts";
import { keptUntil } from "../domain/retention.ts";
import { listOf } from "../wire/kinds.ts";
import { wholeNumber } from "../wire/whole-number.ts";
import { readRow, wasMade } from "./dynamo-row.ts";

/** Banks forget wrong logins only when a right one comes; nobody waits for longer than this between two of them. */
const KEPT_DAYS = 90;

const rowSchema = z.object({
  jobIds: listOf(z.string()),
  blockedUntil: z.string(),
  version: wholeNumber,
});

/** One row for each user and institution whose last login was refused. */
export function dynamoRefusedLogins(
  client: DynamoDBClient,
  tableName: string,
  clock: Clock,
): RefusedLoginNotes {
  const find = findRefusedLogins(client, tableName);
  return {
    find,

    async note(userId, institutionId, jobId) {
      const found = await find(userId, institutionId);
      const noted = noteRefused(found, jobId, clock.after(LOCKOUT_MS));
      if (noted === undefined) return;
      const row = {
        ...noted,
        version: (found?.version ?? 0) + 1,
        expiresAt: keptUntil(noted.blockedUntil, KEPT_DAYS),
      };
      const isMade = await wasMade(
        client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...keyOf(userId, institutionId), ...marshall(row) },
            ...(found === undefined
              ? { ConditionExpression: "attribute_not_exists(pk)" }
              : {
                  ConditionExpression: "version = :version",
                  ExpressionAttributeValues: marshall({ ":version": found.version }),
                }),
          }),
        ),
      );
      // Another job's login was refused at the same moment: whoever follows this one does this again.
      if (!isMade) throw new JobChanged();
    },

    async clear(userId, institutionId) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(userId, institutionId) }));
    },
  };
}

/** The reading part of it, for those who bring logins and do not see what becomes of them. */
export function findRefusedLogins(client: DynamoDBClient, tableName: string) {
  return async (userId: string, institutionId: string) => {
    const row = await readRow(client, tableName, keyOf(userId, institutionId));
    return row === undefined ? undefined : rowSchema.parse(row);
  };
}

function keyOf(userId: string, institutionId: string) {
  return marshall({ pk: `refused#${userId}#${institutionId}` });
}
