import {
  type AttributeValue,
  DynamoDBClient,
  paginateListTables,
  paginateScan,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { type LocalTable, startDynamoDb } from "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { startKms } from "../../infra/local/aws/kms/kms-endpoint.ts";

export const JOBS = "jobs";
export const SECRETS = "secrets";
export const EVENTS = "events";

const tables: LocalTable[] = [
  {
    TableName: JOBS,
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "listed", AttributeType: "S" },
      { AttributeName: "createdAt", AttributeType: "S" },
      { AttributeName: "sweep", AttributeType: "S" },
      { AttributeName: "owner", AttributeType: "S" },
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
      {
        IndexName: "owned-by-user",
        KeySchema: [{ AttributeName: "owner", KeyType: "HASH" }],
        Projection: { ProjectionType: "KEYS_ONLY" },
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
  {
    TableName: EVENTS,
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "listed", AttributeType: "S" },
      { AttributeName: "listedUser", AttributeType: "S" },
      { AttributeName: "place", AttributeType: "S" },
      { AttributeName: "waiting", AttributeType: "S" },
    ],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      byPlace("by-time", "listed", { ProjectionType: "ALL" }),
      byPlace("by-user", "listedUser", { ProjectionType: "ALL" }),
      byPlace("waiting-by-age", "waiting", { ProjectionType: "INCLUDE", NonKeyAttributes: ["dueAt"] }),
    ],
  },
];

/** An index of the events table. */
function byPlace(IndexName: string, AttributeName: string, Projection: Index["Projection"]): Index {
  const [KeyType, range] = ["HASH", "RANGE"] as const;
  return {
    IndexName,
    KeySchema: [
      { AttributeName, KeyType },
      { AttributeName: "place", KeyType: range },
    ],
    Projection,
  };
}

type Index = NonNullable<LocalTable["GlobalSecondaryIndexes"]>[number];

/** The tables in memory, behind the SDK's own client. */
export async function localTables() {
  const endpoint = await startDynamoDb({ tables });
  const clients: DynamoDBClient[] = [];
  /** Another client, which may look at each command before it is sent, and change its input. */
  function newClient(before: (command: string, input: object) => unknown = () => undefined): DynamoDBClient {
    const client = new DynamoDBClient({
      endpoint: endpoint.url,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          await before(String(commandName), args.input);
          return next(args);
        },
      { step: "initialize" },
    );
    clients.push(client);
    return client;
  }
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
      for (const each of clients) each.destroy();
      await endpoint.close();
    },
  };
}

/** Counts the items that a client reads. */
export function countReads(client: DynamoDBClient): { items: number } {
  const read = { items: 0 };
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { ScannedCount, Item } = Object(result.output);
      read.items += ScannedCount ?? (Item === undefined ? 0 : 1);
      return result;
    },
    { step: "initialize" },
  );
  return read;
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

/** Sealing and signing keys, behind the SDK's own client. Counts what was asked for. Without a file the keys are new. */
export async function localKms(keyFile?: string) {
  const endpoint = await startKms({
    ...(keyFile !== undefined && { keyFile }),
    keys: [
      { keyId: "sealing", spec: "SYMMETRIC_DEFAULT", alias: "alias/logins" },
      { keyId: "of-another-stage", spec: "SYMMETRIC_DEFAULT" },
      { keyId: "signing", spec: "ECC_NIST_P256" },
      { keyId: "another", spec: "ECC_NIST_P256" },
    ],
  });
  const client = new KMSClient({
    endpoint: endpoint.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  const asked: string[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      asked.push(String(context.commandName));
      return next(args);
    },
    { step: "initialize" },
  );
  return {
    client,
    asked,
    close: async () => {
      client.destroy();
      await endpoint.close();
    },
  };
}

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
