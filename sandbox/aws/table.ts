import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  paginateScan,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { counterKey, daysToLive, type Kind, type NewRow, type Row, type RowKey, skOf } from "./row.ts";

type Write = NewRow & Row;

const rowKey = z.object({ pk: z.string(), sk: z.string() });
const row = z.object({ ...rowKey.shape, value: z.unknown(), version: z.string(), order: z.int() });
const counter = z.object({ calls: z.int() });

/** The most that DynamoDB takes at once. */
const batchSize = 25;

export type Table = ReturnType<typeof dynamoTable>;

/** Rows in a table of DynamoDB. Every read is consistent. `now` is in milliseconds since the epoch. */
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

    /** A greater one each time, whoever asks. */
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

    /** The rows of a partition from its last one on, as many as are in so many pages of 1 MB. */
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

    /** `false` when the row is no longer of the version that was read, or is there although none was. */
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
        // The SDK repeats a write whose reply was lost, and then meets its own first one.
        return (await get(write))?.version === write.version;
      }
    },

    /** Reads the whole table. */
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

    /** Reads the whole table and deletes what is not to be kept. When it was cut off, it can be done again. */
    async clear(isKept: (key: RowKey) => boolean): Promise<void> {
      const request = { TableName, ConsistentRead: true, ProjectionExpression: "pk, sk" };
      for await (const { Items = [] } of paginateScan({ client }, request)) {
        const keys = Items.map((item) => rowKey.parse(unmarshall(item)));
        await removeAll(keys.filter((key) => !isKept(key)));
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
