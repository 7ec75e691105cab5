import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { startDynamoDb } from "../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import { openGateway } from "../../infra/local/gateway.ts";
import { answerEvent } from "../../sandbox/aws/answer-event.ts";
import { dynamoTable } from "../../sandbox/aws/table.ts";
import type { SandboxOptions } from "../../sandbox/server.ts";

export const SANDBOX_TABLE = "sandbox";
export const sandboxTable = {
  TableName: SANDBOX_TABLE,
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" as const },
    { AttributeName: "sk", AttributeType: "S" as const },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" as const },
    { AttributeName: "sk", KeyType: "RANGE" as const },
  ],
};

export type TableSandboxOptions = Pick<SandboxOptions, "timeScale" | "now" | "consentReturnUrl"> & {
  readonly apiKey: string;
  readonly wait?: (ms: number) => Promise<unknown>;
};

/** The sandbox as it is deployed: events from a gateway, and a table. */
export async function startTableSandbox({
  apiKey,
  timeScale = 1,
  now = Date.now,
  consentReturnUrl,
  ...options
}: TableSandboxOptions) {
  const [dynamo, gateway] = await Promise.all([startDynamoDb({ tables: [sandboxTable] }), openGateway(0)]);
  const client = new DynamoDBClient({
    endpoint: dynamo.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const setting = {
    baseUrl: gateway.url,
    apiKey,
    isControlGuarded: true,
    consentReturnUrl,
    timeScale,
    newId: randomUUID,
    newToken: () => randomBytes(32).toString("base64url"),
  };
  const front = { table: dynamoTable(client, SANDBOX_TABLE, now), setting, now, wait: options.wait ?? wait };
  const routes = [{ routeKey: "$default", functionArn: "sandbox" }];
  gateway.serve({ routes }, (_, event) => answerEvent(front, event));
  const rows = async () => {
    const { Items = [] } = await client.send(
      new ScanCommand({ TableName: SANDBOX_TABLE, ConsistentRead: true }),
    );
    return Items.map((item) => unmarshall(item));
  };
  return {
    url: gateway.url,
    client,
    rows,
    stored: async () => JSON.stringify(await rows()),
    close: async () => {
      await gateway.close();
      client.destroy();
      await dynamo.close();
    },
  };
}
