import { mkdir } from "node:fs/promises";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  ResourceInUseException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import * as z from "zod";
import { listenLocally, readBody } from "../../local-server.ts";
import { isForeign } from "../../loopback.ts";

/** What dynalite needs of a table; more, as a template's resource has, is left out. */
export type LocalTable = Pick<
  CreateTableCommandInput,
  "TableName" | "KeySchema" | "AttributeDefinitions" | "GlobalSecondaryIndexes" | "LocalSecondaryIndexes"
>;

/**
 * Stands in for DynamoDB and has the tables when it resolves.
 * `path` is a directory that only one process can use at a time; without it the tables are in memory.
 */
export async function startDynamoDb(options: {
  readonly tables: readonly LocalTable[];
  readonly path?: string;
  readonly port?: number;
}): Promise<{ readonly url: string; close(): Promise<void> }> {
  if (options.path !== undefined) await checkLevelStore(options.path);
  const server = dynalite({
    ...(options.path === undefined ? {} : { path: options.path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  standBefore(server);
  const endpoint = await listenLocally(server, options.port);
  const client = new DynamoDBClient({
    endpoint: endpoint.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  try {
    // dynalite opens its store in the background; this answer means that it is open and locked.
    await client.send(new ListTablesCommand({}));
    for (const table of options.tables) await ensureTable(client, table);
  } catch (error) {
    await endpoint.close();
    throw error;
  } finally {
    client.destroy();
  }
  return endpoint;
}

/** More than a row may have, and more than is ever asked for at once. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * dynalite lets every web page read what it answers, keeps whatever is sent, and throws, which would end this process, when
 * somebody leaves in the middle of a request. It gets whole requests only.
 */
function standBefore(server: Server): void {
  const answers = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (isForeign(request)) return void response.writeHead(403).end();
    readBody(request, MAX_BODY_BYTES).then(
      (body) => {
        if (body === undefined) return void response.writeHead(413, { connection: "close" }).end();
        const { method, url, headers } = request;
        const whole = Object.assign(Readable.from(body.length > 0 ? [body] : []), { method, url, headers });
        for (const answer of answers) Reflect.apply(answer, server, [whole, response]);
      },
      () => response.destroy(),
    );
  });
}

async function ensureTable(client: DynamoDBClient, table: LocalTable): Promise<void> {
  const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes } = table;
  const indexes = {
    ...(GlobalSecondaryIndexes && {
      GlobalSecondaryIndexes: GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
        IndexName,
        KeySchema,
        Projection,
      })),
    }),
    ...(LocalSecondaryIndexes && { LocalSecondaryIndexes }),
  };
  const input = { TableName, KeySchema, AttributeDefinitions, ...indexes };
  try {
    await client.send(new CreateTableCommand({ ...input, BillingMode: "PAY_PER_REQUEST" }));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await untilActive(client, table);
}

async function untilActive(client: DynamoDBClient, table: LocalTable): Promise<void> {
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table.TableName }));
    if (Table?.TableStatus !== "ACTIVE") continue;
    if (shapeOf(Table) !== shapeOf(table)) {
      throw new Error(
        `The stored table ${table.TableName} has other keys or indexes than this version needs. ` +
          "Remove the data directory, or start with another one.",
      );
    }
    return;
  }
}

function shapeOf(table: LocalTable | TableDescription): string {
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
  const keys = [table, ...indexes].map((each) => {
    const name = "IndexName" in each ? each.IndexName : "";
    const { ProjectionType = "", NonKeyAttributes = [] } = ("Projection" in each && each.Projection) || {};
    const held = [ProjectionType, ...NonKeyAttributes.toSorted()];
    const parts = (each.KeySchema ?? []).map((key) => `${key.AttributeName} ${key.KeyType}`);
    return `${name}:${[...parts, ...held].join(",")}`;
  });
  return keys.sort().join(";");
}

interface LevelStore {
  open(): Promise<void>;
  close(): Promise<void>;
}

// The copy of `level` that dynalite uses, which need not be reachable from here.
const requireFromDynalite = createRequire(createRequire(import.meta.url).resolve("dynalite"));
const levelModule = z.object({
  Level: z.custom<new (path: string) => LevelStore>((value) => typeof value === "function"),
});
const levelFailure = z.object({ cause: z.object({ code: z.string().optional(), message: z.string() }) });

/**
 * dynalite opens its store in the background, and a store that cannot be opened ends the process at the first
 * request with "Database is closed". So it is opened once before, for the sake of a clear message.
 */
async function checkLevelStore(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    const { Level } = levelModule.parse(requireFromDynalite("level"));
    const store = new Level(path);
    await store.open();
    await store.close();
  } catch (error) {
    throw new Error(`The database in ${path} cannot be opened: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const failure = levelFailure.safeParse(error);
  if (failure.success) {
    const { code, message } = failure.data.cause;
    return code === "LEVEL_LOCKED" ? "another process is using it." : message;
  }
  return error instanceof Error ? error.message : String(error);
}
