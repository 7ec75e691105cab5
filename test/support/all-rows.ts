import {
  type AttributeValue,
  DynamoDBClient,
  paginateListTables,
  paginateScan,
} from "@aws-sdk/client-dynamodb";

export interface TableRows {
  table: string;
  /** As DynamoDB gives them. */
  rows: Record<string, AttributeValue>[];
}

/** Every row of every table, however many there are; where no client is given, of the local mode that runs in this process. */
export async function allRows(given?: DynamoDBClient): Promise<TableRows[]> {
  const client = given ?? new DynamoDBClient({});
  const read: TableRows[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
    for (const table of TableNames) read.push({ table, rows: await rowsIn(client, table) });
  }
  if (given === undefined) client.destroy();
  return read;
}

async function rowsIn(client: DynamoDBClient, TableName: string): Promise<TableRows["rows"]> {
  const rows: TableRows["rows"] = [];
  const pages = paginateScan({ client }, { TableName, ConsistentRead: true });
  for await (const { Items = [] } of pages) rows.push(...Items);
  return rows;
}

/** Rows as JSON, in which bytes are base64, as DynamoDB sends them. */
export function inJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  );
}
