import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

/** Returns whether a row has not expired. An expired row counts as missing, even before DynamoDB deletes it. */
export function isKept({ expiresAt }: Record<string, unknown>, now: Date): boolean {
  return typeof expiresAt !== "number" || expiresAt * 1000 > now.getTime();
}

/** A row, or only its key. */
export type Row = Record<string, unknown>;

/** A condition on the existing row, and the values that the expression names. */
export type Condition = readonly [expression: string, values?: Row];

/** For the jobs table. */
export const ABSENT: Condition = ["attribute_not_exists(pk)"];

/** Reads a row consistently. Also returns an expired row. */
export async function readRow(client: DynamoDBClient, TableName: string, key: Row): Promise<Row | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName, Key: marshall(key), ConsistentRead: true }),
  );
  return Item && unmarshall(Item);
}

/** Returns false if the condition failed. Omits `undefined` fields from the row. */
export function putRow(
  client: DynamoDBClient,
  TableName: string,
  row: Row,
  condition: Condition,
): Promise<boolean> {
  const Item = marshall(row, { removeUndefinedValues: true });
  return wasMade(client.send(new PutItemCommand({ TableName, Item, ...inputOf(condition) })));
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
