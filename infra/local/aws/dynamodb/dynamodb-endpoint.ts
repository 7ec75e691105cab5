import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  ResourceInUseException,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { AbstractKeyIterator, AbstractValueIterator } from "abstract-level";
import dynalite from "dynalite";
import * as z from "zod";
import { listenLocally, readBody } from "../../local-server.ts";
import { isForeign } from "../../loopback.ts";
import { prepareStore } from "./store.ts";
import { type StreamOptions, TableStreams } from "./stream.ts";
import type { Item } from "./stream-log.ts";

/*
 * After a Query or a Scan, dynalite calls `return` of its iterator to close it. The iterators of abstract-level have no such
 * method, so each of them would stay open, with about 20 kB, until the database closes.
 */
for (const { prototype } of [AbstractKeyIterator, AbstractValueIterator]) {
  Object.assign(prototype, {
    return(this: { close(): Promise<void> }) {
      return this.close();
    },
  });
}

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
  /** The tables whose changes are recorded, and where to. */
  readonly streams?: Pick<StreamOptions, "streams" | "log" | "onRecord">;
  readonly duringRequest?: DuringRequest | undefined;
}): Promise<{ readonly url: string; close(): Promise<void> }> {
  if (options.path !== undefined) await prepareStore(options.path);
  const server = dynalite({
    ...(options.path === undefined ? {} : { path: options.path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const streams =
    options.streams &&
    new TableStreams({ ...options.streams, read: (table, key) => readItem(client, table, key) });
  standBefore(server, streams, options.duringRequest);
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
    await streams?.recover();
  } catch (error) {
    await endpoint.close();
    throw error;
  }
  return {
    url: endpoint.url,
    close: async () => {
      await endpoint.close();
      client.destroy();
    },
  };
}

/**
 * Runs the work of each request. For a write of which a stream wants the record, `work` ends when the delivery of the record
 * has begun, which is after the reply to the request. `target` ends with the operation, and `text` is its JSON.
 */
export type DuringRequest = (
  request: { target: string; text: string },
  work: () => Promise<void>,
) => Promise<void>;

/** Reads an item as it is on the wire. */
async function readItem(client: DynamoDBClient, TableName: string, key: Item): Promise<Item | undefined> {
  const Key = z.record(z.string(), z.custom<AttributeValue>()).parse(key);
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Item;
}

/** More than the size limit of a row, and more than the largest request of our code. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Protects dynalite, and passes only complete requests to it. Without this protection, dynalite lets every web page read its
 * replies, buffers requests of any size, and throws an error that ends the process when a client disconnects in the middle of
 * a request.
 */
function standBefore(
  server: Server,
  streams: TableStreams | undefined,
  duringRequest: DuringRequest = (_, work) => work(),
): void {
  const answers = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (isForeign(request)) return void response.writeHead(403).end();
    readBody(request, MAX_BODY_BYTES).then(
      (body) => {
        if (body === undefined) return void response.writeHead(413, { connection: "close" }).end();
        const { method, url, headers } = request;
        const whole = Object.assign(Readable.from(body.length > 0 ? [body] : []), { method, url, headers });
        const perform = () => {
          for (const answer of answers) Reflect.apply(answer, server, [whole, response]);
        };
        const [target, text] = [String(headers["x-amz-target"]), body.toString()];
        const write = streams?.wanted(target, text);
        const work = async () => {
          if (streams === undefined || write === undefined) return perform();
          await streams.record(write, async () => {
            // The client has given up while the write waited for its turn. No further event would end the turn.
            if (response.closed) return false;
            const replied = replyOf(response);
            perform();
            await replied;
            return response.statusCode === 200;
          });
        };
        duringRequest({ target, text }, work).catch(() => response.destroy());
      },
      () => response.destroy(),
    );
  });
}

/** Resolves when dynalite has replied, also to a client that has given up before: its write is made all the same. */
function replyOf(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = response.end.bind(response);
  response.end = (...given: unknown[]) => {
    resolve();
    return Reflect.apply(end, response, given);
  };
  return promise;
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
