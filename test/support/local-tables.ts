import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { type LocalTable, startDynamoDb } from "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";

export const JOBS = "jobs";
export const SECRETS = "secrets";

const tables: LocalTable[] = [
  {
    TableName: JOBS,
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "listed", AttributeType: "S" },
      { AttributeName: "createdAt", AttributeType: "S" },
      { AttributeName: "sweep", AttributeType: "S" },
      { AttributeName: "sweepAt", AttributeType: "S" },
    ],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "listed-by-age",
        KeySchema: [
          { AttributeName: "listed", KeyType: "HASH" },
          { AttributeName: "createdAt", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
      {
        IndexName: "swept-by-time",
        KeySchema: [
          { AttributeName: "sweep", KeyType: "HASH" },
          { AttributeName: "sweepAt", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["createdAt", "runsSince"] },
      },
    ],
  },
  {
    TableName: SECRETS,
    AttributeDefinitions: [
      { AttributeName: "jobId", AttributeType: "S" },
      { AttributeName: "purpose", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "jobId", KeyType: "HASH" },
      { AttributeName: "purpose", KeyType: "RANGE" },
    ],
  },
];

/** The tables in memory, behind the SDK's own client. */
export async function localTables() {
  const endpoint = await startDynamoDb({ tables });
  const newClient = () =>
    new DynamoDBClient({
      endpoint: endpoint.url,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
  const client = newClient();
  return {
    url: endpoint.url,
    client,
    newClient,
    /** Everything that a table holds, as it holds it. */
    rows: async (TableName: string) => {
      const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
      return Items.map((item) => unmarshall(item));
    },
    close: async () => {
      client.destroy();
      await endpoint.close();
    },
  };
}

export interface Losses {
  /** How many writes lose their reply, after they were made. */
  replies: number;
  /** What happens between the lost reply and the repeated write. */
  meanwhile?: () => Promise<void>;
}

const WRITES: ReadonlySet<string | undefined> = new Set(["PutItemCommand", "UpdateItemCommand"]);

/** Makes a client lose the replies to its writes, as a connection does that breaks too late. It repeats by itself. */
export function loseReplies(client: DynamoDBClient, losses: Losses): DynamoDBClient {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (WRITES.has(context.commandName) && losses.replies > 0) {
        losses.replies--;
        await losses.meanwhile?.();
        throw Object.assign(new Error("the connection broke"), { name: "TimeoutError", $retryable: {} });
      }
      return result;
    },
    { step: "deserialize", priority: "high" },
  );
  return client;
}
