import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";

type Row = Record<string, unknown>;

/** Everything that both of local mode's tables hold. */
export async function allRows(): Promise<{ jobs: Row[]; secrets: Row[] }> {
  const client = new DynamoDBClient({});
  try {
    return { jobs: await rowsOf(client, "JOBS_TABLE"), secrets: await rowsOf(client, "SECRETS_TABLE") };
  } finally {
    client.destroy();
  }
}

async function rowsOf(client: DynamoDBClient, variable: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { Items = [] } of paginateScan(
    { client },
    { TableName: process.env[variable], ConsistentRead: true },
  )) {
    rows.push(...Items.map((item) => unmarshall(item)));
  }
  return rows;
}
