import { createHash } from "node:crypto";
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

/** Returns whether a row has not expired. An expired row counts as missing, even before DynamoDB deletes it. */
export function isUnexpired({ expiresAt }: Record<string, unknown>, now: Date): boolean {
  return typeof expiresAt !== "number" || expiresAt * 1000 > now.getTime();
}

/**
 * Returns the attribute `owner` of each row that is written for a user. The index of this attribute finds all rows of the
 * user. It is a hash, so that a row which outlives the user does not name the user. Rows of earlier versions may have capitals
 * in the user's id, and belong to the same user.
 */
export function ownerOf(userId: string): string {
  return `user#${createHash("sha256").update(userId.toLowerCase()).digest("hex")}`;
}

/** A row, or only its key. */
export type Row = Record<string, unknown>;

/** A condition on the existing row, and the values that the expression names. */
export type Condition = readonly [expression: string, values?: Row];

/** For a table with the key `pk`. */
export const ABSENT: Condition = ["attribute_not_exists(pk)"];

/** Reads a row, consistently by default. Also returns an expired row. */
export async function readRow(
  client: DynamoDBClient,
  TableName: string,
  key: Row,
  ConsistentRead = true,
): Promise<Row | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName, Key: marshall(key), ConsistentRead }));
  return Item && unmarshall(Item);
}

/** Returns false if the condition failed. Omits `undefined` fields from the row. */
export function putRow(
  client: DynamoDBClient,
  TableName: string,
  row: Row,
  condition: Condition | undefined = undefined,
): Promise<boolean> {
  const Item = marshall(row, { removeUndefinedValues: true });
  const conditional = condition && inputOf(condition);
  return wasMade(client.send(new PutItemCommand({ TableName, Item, ...conditional })));
}

/** Returns false if the condition failed. */
export function deleteRow(
  client: DynamoDBClient,
  TableName: string,
  key: Row,
  condition: Condition | undefined = undefined,
): Promise<boolean> {
  const conditional = condition && inputOf(condition);
  return wasMade(client.send(new DeleteItemCommand({ TableName, Key: marshall(key), ...conditional })));
}

function inputOf([ConditionExpression, values]: Condition) {
  return { ConditionExpression, ...(values && { ExpressionAttributeValues: marshall(values) }) };
}

/** Returns false if the condition of the write failed. */
export async function wasMade(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
