import { DynamoDBClient, ListTablesCommand, ScanCommand } from "@aws-sdk/client-dynamodb";

/** Every row of every table of the local mode that runs in this process, as DynamoDB gives it. */
export async function allRows(): Promise<Record<string, unknown>[]> {
  const client = new DynamoDBClient({});
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const scans = TableNames.map((TableName) => client.send(new ScanCommand({ TableName })));
  const rows = (await Promise.all(scans)).flatMap(({ Items = [] }) => Items);
  client.destroy();
  return rows;
}

/** The sealed rows of a job. */
export async function secretsOf(jobId: string): Promise<Record<string, unknown>[]> {
  return (await allRows()).filter((row) => "sealed" in row && JSON.stringify(row).includes(jobId));
}

/** The rows as text: strings as they are, bytes as Latin-1, so that plain text in them is seen. */
export function asText(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
  );
}
