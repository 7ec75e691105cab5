import { createHash, randomUUID } from "node:crypto";
import { awsCalls } from "./aws-calls.ts";
import type { Environment } from "./programs.ts";

/** Puts the row of a new API key into the jobs table, and gives the key. */
export async function makeApiKey(commands: Environment, jobsTableName: string): Promise<string> {
  const apiKey = randomUUID();
  const pk = `api-key#${createHash("sha256").update(apiKey).digest("hex")}`;
  const parameters = { TableName: jobsTableName, Item: { pk: { S: pk }, name: { S: "journeys" } } };
  await awsCalls(commands, [{ service: "dynamodb", operation: "put_item", parameters, query: "[]" }]);
  return apiKey;
}
