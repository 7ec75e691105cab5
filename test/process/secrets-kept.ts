import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, ListTablesCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { localTables } from "../../infra/local/local-tables.ts";
import type { LocalMode } from "./local-mode.ts";

/** A minute until the sweeper looks and a minute until it comes, and this many looks at the slowest pace of these tests. */
const MAX_LOOKS = 600;
const LOOK_EVERY_MS = 100;

/** How many sealed rows are left in the tables of local mode, once nothing is left to be destroyed. */
export async function secretsKept({ apiUrl }: LocalMode): Promise<number> {
  const { dynamodb: endpoint } = localTables.parse(await (await fetch(`${apiUrl}/_local`)).json());
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ endpoint, region: "us-east-1", credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const count = async () => {
    const scans = TableNames.map((TableName) => client.send(new ScanCommand({ TableName })));
    return (await Promise.all(scans)).flatMap(({ Items = [] }) => Items).filter((row) => "sealed" in row)
      .length;
  };
  for (let looks = 1; looks < MAX_LOOKS && (await count()) > 0; looks++) await sleep(LOOK_EVERY_MS);
  const left = await count();
  client.destroy();
  return left;
}
