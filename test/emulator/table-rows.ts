import {
  type AttributeValue,
  DynamoDBClient,
  paginateListTables,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { CREDENTIALS, REGION } from "./command-environment.ts";

export function dynamoAt(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

export interface TableRows {
  table: string;
  rows: Record<string, AttributeValue>[];
}

/** Every row of every table. */
export async function readTables(client: DynamoDBClient): Promise<TableRows[]> {
  const read: TableRows[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
    for (const TableName of TableNames) {
      const rows: Record<string, AttributeValue>[] = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName })) rows.push(...Items);
      read.push({ table: TableName, rows });
    }
  }
  return read;
}
