import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { allRows } from "../../support/local-aws.ts";

/** What all tables of the local mode that runs in this process hold, as DynamoDB gives it. */
export async function rowsOfAll(): Promise<Record<string, unknown>[]> {
  return (await allRows()).flatMap(({ rows }) => rows);
}

/**
 * All that requests leave but the counts of them, which contain refused requests too, and what comes later: the events of jobs, and the
 * counts of attempts at each bank.
 */
export async function rowsButCounts(): Promise<Record<string, unknown>[]> {
  return (await rowsOfAll()).filter(
    (row) => !/"(rate|event|institution|institution-traffic)#/.test(JSON.stringify(row["pk"] ?? "")),
  );
}

/** The sealed rows of a job. */
export async function secretsOf(jobId: string): Promise<Record<string, unknown>[]> {
  return (await rowsOfAll()).filter((row) => "sealed" in row && JSON.stringify(row).includes(jobId));
}

/** The rows as text: strings as they are, bytes as Latin-1, so that plain text in them is seen. */
export function asText(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
  );
}

/** Changes a row, as nobody should who has not gone through our functions. */
export async function change(
  table: "JOBS_TABLE" | "SECRETS_TABLE",
  key: Record<string, string>,
  path: string,
  value: unknown,
): Promise<void> {
  const client = new DynamoDBClient({});
  const names = path.split(".").map((name, index) => [`#${index}`, name] as const);
  await client.send(
    new UpdateItemCommand({
      TableName: process.env[table],
      Key: marshall(key),
      UpdateExpression: `SET ${names.map(([alias]) => alias).join(".")} = :value`,
      ConditionExpression: `attribute_exists(${table === "JOBS_TABLE" ? "pk" : "jobId"})`,
      ExpressionAttributeNames: Object.fromEntries(names),
      ExpressionAttributeValues: marshall({ ":value": value }),
    }),
  );
  client.destroy();
}

/** Adds a row, as nobody should who has not gone through our functions. */
export async function addRow(table: "JOBS_TABLE", row: Record<string, unknown>): Promise<void> {
  const client = new DynamoDBClient({});
  await client.send(new PutItemCommand({ TableName: process.env[table], Item: marshall(row) }));
  client.destroy();
}

/** A row of a table, as it is; an empty one when there is none. */
export async function row(
  table: "JOBS_TABLE" | "SECRETS_TABLE",
  key: Record<string, string>,
): Promise<Record<string, unknown>> {
  const client = new DynamoDBClient({});
  const { Item = {} } = await client.send(
    new GetItemCommand({ TableName: process.env[table], Key: marshall(key), ConsistentRead: true }),
  );
  client.destroy();
  return unmarshall(Item);
}
