import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

/** What is past its time counts as gone, whenever DynamoDB deletes it. */
export function isKept({ expiresAt }: Record<string, unknown>, now: Date): boolean {
  return typeof expiresAt !== "number" || expiresAt * 1000 > now.getTime();
}

/** A row, or the part of it that is its key. */
export type Row = Record<string, unknown>;

/** What must hold of the row that is there, and the values that it names. */
export type Condition = readonly [expression: string, values?: Row];

/** Of the jobs table. */
export const ABSENT: Condition = ["attribute_not_exists(pk)"];

/** A row as it is now, past its time or not. */
export async function readRow(client: DynamoDBClient, TableName: string, key: Row): Promise<Row | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName, Key: marshall(key), ConsistentRead: true }),
  );
  return Item && unmarshall(Item);
}

/** False when the condition was not met. What is `undefined` is left out of the row. */
export function putRow(
  client: DynamoDBClient,
  TableName: string,
  row: Row,
  condition: Condition,
): Promise<boolean> {
  const Item = marshall(row, { removeUndefinedValues: true });
  return wasMade(client.send(new PutItemCommand({ TableName, Item, ...inputOf(condition) })));
}

/** False when the condition was not met. */
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

/** False for a write whose condition was not met. */
export async function wasMade(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
