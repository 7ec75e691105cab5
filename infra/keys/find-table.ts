import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { askLocalMode } from "./ask-local-mode.ts";
import { stackOutput } from "./stack-output.ts";

/** Where the API keys are: a stack or a table in AWS by its name, or local mode by its address. */
export type Where = { stack: string } | { table: string } | { local: string };

/** The output of the stack that names its jobs table. */
const TABLE_OUTPUT = "JobsTableName";

/** In AWS, region and credentials are what the SDK finds in the environment and in its files. */
export async function findTable(where: Where): Promise<{ client: DynamoDBClient; tableName: string }> {
  if ("local" in where) {
    const { dynamodb, jobsTable } = await askLocalMode(where.local);
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
