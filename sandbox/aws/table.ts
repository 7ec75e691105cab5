import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  paginateScan,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { wholeNumber } from "../whole-number.ts";
import { counterKey, daysToLive, type Kind, type NewRow, type Row, type RowKey, skOf } from "./row.ts";

type Write = NewRow & Row;

const rowKey = z.object({ pk: z.string(), sk: z.string() });
const row = z.object({ ...rowKey.shape, value: z.unknown(), version: z.string(), order: wholeNumber });
const counter = z.object({ calls: wholeNumber });

/** DynamoDB's limit for one BatchWriteItem. */
const batchSize = 25;

export type Table = ReturnType<typeof dynamoTable>;

/** Stores rows in a DynamoDB table. All reads are consistent. `now` returns milliseconds since the epoch. */
export function dynamoTable(client: DynamoDBClient, TableName: string, now: () => number) {
  async function get(key: RowKey): Promise<Row | undefined> {
    const request = { TableName, Key: marshall(keyOf(key)), ConsistentRead: true };
    const { Item } = await client.send(new GetItemCommand(request));
    return Item && rowOf(Item);
  }

  async function put(write: Write, condition: object = {}): Promise<void> {
    await client.send(new PutItemCommand({ TableName, Item: itemOf(write, now()), ...condition }));
  }

  async function removeAll(keys: readonly RowKey[]): Promise<void> {
    let left: WriteRequest[] = keys.map((key) => ({ DeleteRequest: { Key: marshall(key) } }));
    while (left.length > 0) {
      const RequestItems = { [TableName]: left.slice(0, batchSize) };
      const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems }));
      left = [...(UnprocessedItems?.[TableName] ?? []), ...left.slice(batchSize)];
    }
  }

  return {
    get,
    put,

    /** Returns a greater number each time, across all callers. */
    async nextNumber(): Promise<number> {
      const { Attributes = {} } = await client.send(
        new UpdateItemCommand({
          TableName,
          Key: marshall(counterKey),
          UpdateExpression: "ADD calls :one",
          ExpressionAttributeValues: marshall({ ":one": 1 }),
          ReturnValues: "UPDATED_NEW",
        }),
      );
      return counter.parse(unmarshall(Attributes)).calls;
    },

    /** Returns the rows of one kind in a partition in descending order, from at most `pages` pages of 1 MB. */
    async list(pk: string, kind: Kind, pages = Number.POSITIVE_INFINITY): Promise<Row[]> {
      const request = {
        TableName,
        ConsistentRead: true,
        ScanIndexForward: false,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :kind)",
        ExpressionAttributeValues: marshall({ ":pk": pk, ":kind": skOf(kind, "") }),
      };
      const rows: Row[] = [];
      let left = pages;
      for await (const { Items = [] } of paginateQuery({ client }, request)) {
        rows.push(...Items.map(rowOf));
        if (--left === 0) break;
      }
      return rows;
    },

    /**
     * Writes a row if it is still in the version that was read, or still missing if none was read. Otherwise returns false.
     */
    async replace(write: Write, read: Row | undefined): Promise<boolean> {
      const condition =
        read === undefined
          ? { ConditionExpression: "attribute_not_exists(pk)" }
          : {
              ConditionExpression: "version = :read",
              ExpressionAttributeValues: marshall({ ":read": read.version }),
            };
      try {
        await put(write, condition);
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // The SDK retries a write whose response was lost. The retry then fails because of its own first write.
        return (await get(write))?.version === write.version;
      }
    },

    /** Deletes a row if it is still in the version that was read, or already missing. Otherwise returns false. */
    async remove(read: Row): Promise<boolean> {
      const request = {
        TableName,
        Key: marshall(keyOf(read)),
        ConditionExpression: "attribute_not_exists(pk) OR version = :read",
        ExpressionAttributeValues: marshall({ ":read": read.version }),
      };
      try {
        await client.send(new DeleteItemCommand(request));
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return false;
      }
    },

    /** Returns all rows of one kind. Scans the whole table. */
    async walk(kind: Kind): Promise<Row[]> {
      const request = {
        TableName,
        ConsistentRead: true,
        FilterExpression: "begins_with(sk, :kind)",
        ExpressionAttributeValues: marshall({ ":kind": skOf(kind, "") }),
      };
      const rows: Row[] = [];
      for await (const { Items = [] } of paginateScan({ client }, request)) rows.push(...Items.map(rowOf));
      return rows;
    },

    /** Scans the whole table and deletes all rows that `retains` does not retain. Can be repeated if it was interrupted. */
    async clear(retains: (key: RowKey) => boolean): Promise<void> {
      const request = { TableName, ConsistentRead: true, ProjectionExpression: "pk, sk" };
      for await (const { Items = [] } of paginateScan({ client }, request)) {
        const keys = Items.map((item) => rowKey.parse(unmarshall(item)));
        await removeAll(keys.filter((key) => !retains(key)));
      }
    },
  };
}

function itemOf(write: Write, now: number): Record<string, AttributeValue> {
  const { pk, sk, kind, value, version, order } = write;
  const days = daysToLive(kind);
  const expiresAt = days === undefined ? undefined : Math.ceil(now / 1_000) + days * 86_400;
  return marshall({ pk, sk, value, version, order, expiresAt }, { removeUndefinedValues: true });
}

function rowOf(item: Record<string, AttributeValue>): Row {
  return row.parse(unmarshall(item));
}

function keyOf({ pk, sk }: RowKey): RowKey {
  return { pk, sk };
}
