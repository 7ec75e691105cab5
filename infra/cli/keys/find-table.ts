import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { askLocalMode } from "../ask-local-mode.ts";
import { stackOutput } from "../stack-output.ts";

/** Selects the table of API keys: by the name of a stack or a table in AWS, or by the URL of local mode. */
export type Where = { stack: string } | { table: string } | { local: string };

/** The stack's output that contains the name of its jobs table. */
const TABLE_OUTPUT = "JobsTableName";

/**
 * Returns a client and the name of the jobs table. For AWS, the SDK takes region and credentials from the environment and its
 * configuration files.
 */
export async function findTable(where: Where): Promise<{ client: DynamoDBClient; tableName: string }> {
  if ("local" in where) {
    const { dynamodb, jobsTable } = await askLocalMode(where.local, "name its address after --local");
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const client = new DynamoDBClient({ endpoint: dynamodb, region: "us-east-1", credentials });
    return { client, tableName: jobsTable };
  }
  if ("table" in where) return { client: new DynamoDBClient({}), tableName: where.table };
  const cloudFormation = new CloudFormationClient({});
  try {
    const tableName = await stackOutput(cloudFormation, where.stack, TABLE_OUTPUT);
    return { client: new DynamoDBClient({}), tableName };
  } finally {
    cloudFormation.destroy();
  }
}
