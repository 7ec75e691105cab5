import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

type Attributes = Record<string, AttributeValue>;

/** What must hold of the row that is there, and the values that it names. */
export type Condition = readonly [expression: string, values?: Record<string, unknown>];

/** Of the jobs table. */
export const ABSENT: Condition = ["attribute_not_exists(pk)"];

/** A row as it is now, past its time or not. */
export async function readRow(
  client: DynamoDBClient,
  TableName: string,
  Key: Attributes,
): Promise<Record<string, unknown> | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Item && unmarshall(Item);
}

/** False when the condition was not met. */
export function putRow(
  client: DynamoDBClient,
  TableName: string,
  Item: Attributes,
  condition: Condition,
): Promise<boolean> {
  return wasMade(client.send(new PutItemCommand({ TableName, Item, ...inputOf(condition) })));
}

/** False when the condition was not met. */
export function deleteRow(
  client: DynamoDBClient,
  TableName: string,
  Key: Attributes,
  condition: Condition,
): Promise<boolean> {
  return wasMade(client.send(new DeleteItemCommand({ TableName, Key, ...inputOf(condition) })));
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
