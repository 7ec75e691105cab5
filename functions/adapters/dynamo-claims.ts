import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { ClaimOn } from "../domain/claim-on.ts";
import type { Claims, Clock } from "../domain/ports.ts";
import { keptUntil } from "../domain/retention.ts";

/** Far longer than any job takes. A claim whose job is gone is free. */
const CLAIM_KEPT_DAYS = 90;

export function dynamoClaims(client: DynamoDBClient, tableName: string, clock: Clock): Claims {
  async function holder(on: ClaimOn): Promise<string | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: keyOf(on), ConsistentRead: true }),
    );
    const jobId: unknown = Item === undefined ? undefined : unmarshall(Item)["jobId"];
    return typeof jobId === "string" ? jobId : undefined;
  }

  return {
    holder,

    async take(on, jobId, from) {
      const expiresAt = keptUntil(clock.now().toISOString(), CLAIM_KEPT_DAYS);
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...keyOf(on), ...marshall({ jobId, expiresAt }) },
            ...(from === undefined
              ? { ConditionExpression: "attribute_not_exists(pk)" }
              : {
                  ConditionExpression: "jobId = :from",
                  ExpressionAttributeValues: marshall({ ":from": from }),
                }),
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // The SDK repeats a write whose reply was lost, and then meets its own first one.
        return (await holder(on)) === jobId;
      }
    },
  };
}

function keyOf(on: ClaimOn) {
  const what = "connectionId" in on ? `connection#${on.connectionId}` : on.institutionId;
  return marshall({ pk: `claim#${on.userId}#${what}` });
}
