import * as z from "zod";
import type { LocalTable } from "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { withoutHash } from "../infra/resources.ts";
import type { Asked } from "./access.ts";

const text = z.object({ S: z.string() });
const row = z.record(z.string(), z.unknown());
const ofOne = z.object({ TableName: z.string(), Key: row.optional(), Item: row.optional() });
/** Of one table: nothing of ours asks two at once. */
const ofMany = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(row) })) });
const ofIndex = z.object({
  TableName: z.string(),
  IndexName: z.string(),
  KeyConditionExpression: z.string(),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()),
});

/** What a call asks of DynamoDB: the table or its index, and the partition keys. Throws for one that is not known here. */
export function rowsAsked(operation: string, request: unknown, tables: readonly LocalTable[]): Asked {
  const keyNameOf = (TableName: string) =>
    hashIn(tables.find((table) => table.TableName === TableName)?.KeySchema ?? []);
  switch (operation) {
    case "Query": {
      const { TableName, IndexName, KeyConditionExpression, ExpressionAttributeValues } =
        ofIndex.parse(request);
      const indexes = tables.flatMap(({ GlobalSecondaryIndexes = [] }) => GlobalSecondaryIndexes);
      const key = hashIn(indexes.find((index) => index.IndexName === IndexName)?.KeySchema ?? []);
      const [, name, value = ""] = /^(\w+) = (:\w+)/.exec(KeyConditionExpression) ?? [];
      if (name !== key) throw new Error(`${IndexName} is not asked by its partition key.`);
      return asked(`${withoutHash(TableName)}/index/${IndexName}`, [ExpressionAttributeValues[value]]);
    }
    case "BatchGetItem": {
      const [[TableName, { Keys }] = ["", { Keys: [] }], ...more] = Object.entries(
        ofMany.parse(request).RequestItems,
      );
      if (more.length > 0) throw new Error("More than one table at once.");
      return asked(
        withoutHash(TableName),
        Keys.map((key) => key[keyNameOf(TableName)]),
      );
    }
    default: {
      const { TableName, Key, Item } = ofOne.parse(request);
      return asked(withoutHash(TableName), [(Key ?? Item)?.[keyNameOf(TableName)]]);
    }
  }
}

function asked(resource: string, keys: readonly unknown[]): Asked {
  return { resource, context: { "dynamodb:LeadingKeys": keys.map((key) => text.parse(key).S) } };
}

function hashIn(schema: NonNullable<LocalTable["KeySchema"]>): string {
  return schema.find(({ KeyType }) => KeyType === "HASH")?.AttributeName ?? "";
}
