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

/** The fields that dynalite needs to create a table. Other fields of a template's resource are ignored. */
export type LocalTable = Pick<
  CreateTableCommandInput,
  "TableName" | "KeySchema" | "AttributeDefinitions" | "GlobalSecondaryIndexes" | "LocalSecondaryIndexes"
>;

/**
 * Starts a local DynamoDB and creates the tables. `path` is a directory that only one process can use at a time; without it,
 * the tables are stored in memory.
 *
 * @throws an `Error` if the database cannot be opened, or if a stored table has other keys or indexes.
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
    // dynalite opens its store in the background. This reply proves that the store is open and locked.
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

/** More than the size limit of a row, and more than the largest request of our code. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Protects dynalite, and passes only complete requests to it. Without this protection, dynalite lets every web page read its
 * replies, buffers requests of any size, and throws an error that ends the process when a client disconnects in the middle of
 * a request.
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

// The copy of `level` that dynalite uses. This module may not be able to resolve it directly.
const requireFromDynalite = createRequire(createRequire(import.meta.url).resolve("dynalite"));
const levelModule = z.object({
  Level: z.custom<new (path: string) => LevelStore>((value) => typeof value === "function"),
});
const levelFailure = z.object({ cause: z.object({ code: z.string().optional(), message: z.string() }) });

/**
 * Opens and closes the store once, to get a clear error message. dynalite itself opens its store in the background, and a
 * store that cannot be opened ends the process at the first request with "Database is closed".
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
