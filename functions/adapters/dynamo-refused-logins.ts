import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { JobChanged } from "../domain/errors.ts";
import { LOCKOUT_MS, noteRefused, type RefusedLogins } from "../domain/lockout.ts";
import type { Clock, RefusedLoginNotes } from "../domain/ports.ts";
import { keptUntil } from "../domain/retention.ts";
import { wholeNumber } from "../wire/whole-number.ts";

/** Banks forget wrong logins only when a right one comes; nobody waits for longer than this between two of them. */
const KEPT_DAYS = 90;

/** Each round lost means that another job's login was noted, and a user has few jobs at one bank at a time. */
const MAX_ROUNDS = 5;

const rowSchema = z.object({
  jobIds: z.array(z.string()),
  blockedUntil: z.string(),
  version: wholeNumber,
});

/** One row for each user and institution whose last login was refused. */
export function dynamoRefusedLogins(
  client: DynamoDBClient,
  tableName: string,
  clock: Clock,
): RefusedLoginNotes {
  async function read(userId: string, institutionId: string) {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: tableName,
        Key: keyOf(userId, institutionId),
        ConsistentRead: true,
      }),
    );
    return Item === undefined ? undefined : rowSchema.parse(unmarshall(Item));
  }

  async function write(userId: string, institutionId: string, noted: RefusedLogins, version: number) {
    const expiresAt = keptUntil(noted.blockedUntil, KEPT_DAYS);
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: {
          ...keyOf(userId, institutionId),
          ...marshall({ ...noted, version: version + 1, expiresAt }),
        },
        ...(version === 0
          ? { ConditionExpression: "attribute_not_exists(pk)" }
          : {
              ConditionExpression: "version = :version",
              ExpressionAttributeValues: marshall({ ":version": version }),
            }),
      }),
    );
  }

  return {
    find: read,

    async note(userId, institutionId, jobId) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const found = await read(userId, institutionId);
        const noted = noteRefused(found, jobId, clock.after(LOCKOUT_MS));
        if (noted === undefined) return;
        try {
          return await write(userId, institutionId, noted, found?.version ?? 0);
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }
      }
      throw new JobChanged();
    },

    async clear(userId, institutionId) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(userId, institutionId) }));
    },
  };
}

function keyOf(userId: string, institutionId: string) {
  return marshall({ pk: `refused#${userId}#${institutionId}` });
}
