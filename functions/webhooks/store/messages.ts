import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import type { Clock } from "../../jobs/domain/clock.ts";
import { storedUntil } from "../../jobs/domain/times-to-live.ts";
import { ABSENT, deleteRow, isUnexpired, putRow, readRow, wasMade } from "../../platform/dynamo.ts";
import type { Message } from "../domain/message.ts";
import type { Messages, WaitingMessage } from "../domain/ports.ts";

/** Messages can be read and replayed for as long as their events can be read. */
const MESSAGE_DAYS = 90;

/** The index of the messages that wait to be sent, oldest first. It has no other rows. */
const WAITING_BY_AGE = "waiting-by-age";
const BY_TIME = "by-time";

/** A page that filters reads at most this many messages, and may then be shorter than its limit. */
const MAX_READ = 2_000;
const FILTERED_AT_ONCE = 250;

const attempt = z.object({
  number: z.int(),
  at: z.string(),
  url: z.string(),
  responseStatus: z.optional(z.int()),
  response: z.string(),
  isSuccess: z.boolean(),
});

const messageRow = z.object({
  id: z.string(),
  endpointId: z.string(),
  eventId: z.string(),
  typeId: z.string(),
  path: z.string(),
  createdAt: z.string(),
  sequence: z.int(),
  test: z.optional(z.object({ text: z.optional(z.string()) })),
  previous: z.optional(z.string()),
  next: z.optional(z.string()),
  status: z.enum(["pending", "delivered", "failed"]),
  dueAt: z.optional(z.string()),
  tries: z.int(),
  attempts: z.array(attempt),
});

const waitingRow = z.object({ pk: z.string(), place: z.string(), dueAt: z.string() });

export function dynamoMessages(client: DynamoDBClient, TableName: string, clock: Clock): Messages {
  async function find(endpointId: string, id: string): Promise<Message | undefined> {
    const row = await readRow(client, TableName, messageKey(endpointId, id));
    return row !== undefined && isUnexpired(row, clock.now()) ? z.parse(messageRow, row) : undefined;
  }

  /** Yields the rows of a partition of an index. */
  async function* query(
    index: { IndexName: string; key: string; of: string; from?: string | undefined; isForward: boolean },
    Limit: number,
  ): AsyncIterable<Record<string, unknown>> {
    const { IndexName, key, of, from, isForward } = index;
    const bound = from === undefined ? "" : ` AND place ${isForward ? ">" : "<"} :from`;
    let ExclusiveStartKey: QueryCommandOutput["LastEvaluatedKey"];
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName,
          IndexName,
          KeyConditionExpression: `${key} = :of${bound}`,
          ExpressionAttributeValues: marshall({ ":of": of, ...(from !== undefined && { ":from": from }) }),
          ScanIndexForward: isForward,
          Limit,
          ExclusiveStartKey,
        }),
      );
      for (const item of Items) yield unmarshall(item);
      ExclusiveStartKey = LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }

  return {
    find,

    add: (message) => putRow(client, TableName, rowOf(message), ABSENT),

    async settle(message) {
      const { endpointId, id, status, tries, attempts, dueAt } = message;
      const waits = status === "pending";
      try {
        const { Attributes = {} } = await client.send(
          new UpdateItemCommand({
            TableName,
            Key: marshall(messageKey(endpointId, id)),
            UpdateExpression: `SET #status = :status, tries = :tries, attempts = :attempts${
              waits ? ", dueAt = :due, waiting = :endpoint" : " REMOVE dueAt, waiting"
            }`,
            // A message that another function has delivered meanwhile stays delivered.
            ConditionExpression: "attribute_exists(pk) AND (#status <> :delivered OR :status = :delivered)",
            ExpressionAttributeNames: { "#status": "status" },
            ExpressionAttributeValues: marshall(
              {
                ":status": status,
                ":tries": tries,
                ":attempts": attempts,
                ":delivered": "delivered",
                ...(waits && { ":due": dueAt, ":endpoint": waitingAt(endpointId) }),
              },
              { removeUndefinedValues: true },
            ),
            ReturnValues: "ALL_NEW",
          }),
        );
        return z.parse(messageRow, unmarshall(Attributes));
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return find(endpointId, id);
        throw error;
      }
    },

    async noteAttempts({ endpointId, id, attempts }) {
      await wasMade(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: marshall(messageKey(endpointId, id)),
            UpdateExpression: "SET attempts = :attempts",
            ConditionExpression: "attribute_exists(pk)",
            ExpressionAttributeValues: marshall({ ":attempts": attempts }, { removeUndefinedValues: true }),
          }),
        ),
      );
      return find(endpointId, id);
    },

    claim: ({ endpointId, id, dueAt }, until) =>
      wasMade(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: marshall(messageKey(endpointId, id)),
            UpdateExpression: "SET dueAt = :until",
            ConditionExpression: "#status = :pending AND dueAt = :seen",
            ExpressionAttributeNames: { "#status": "status" },
            ExpressionAttributeValues: marshall({
              ":until": until,
              ":pending": "pending",
              ":seen": dueAt ?? "",
            }),
          }),
        ),
      ),

    link: (endpointId, id, next) =>
      wasMade(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: marshall(messageKey(endpointId, id)),
            UpdateExpression: "SET #next = :next",
            ConditionExpression: "#status = :pending",
            ExpressionAttributeNames: { "#status": "status", "#next": "next" },
            ExpressionAttributeValues: marshall({ ":next": next, ":pending": "pending" }),
          }),
        ),
      ),

    async waiting(endpointId, limit) {
      const found: WaitingMessage[] = [];
      const index = { IndexName: WAITING_BY_AGE, key: "waiting", of: waitingAt(endpointId), isForward: true };
      for await (const row of query(index, Math.min(limit, 500))) {
        const { pk, place, dueAt } = z.parse(waitingRow, row);
        found.push({
          id: pk.slice(pk.lastIndexOf("#") + 1),
          dueAt,
          createdAt: place.slice(0, place.indexOf("#")),
        });
        if (found.length >= limit) break;
      }
      return found;
    },

    async page(endpointId, { limit, from, wanted }) {
      const last = from === undefined ? undefined : await find(endpointId, from);
      if (from !== undefined && last === undefined) return undefined;
      const index = { IndexName: BY_TIME, key: "listed", of: listOf(endpointId), isForward: false };
      const start = { ...index, from: last && placeOf(last) };
      const messages: Message[] = [];
      let read = 0;
      let newest: Message | undefined;
      for await (const row of query(start, wanted === undefined ? limit + 1 : FILTERED_AT_ONCE)) {
        if (messages.length >= limit || read >= MAX_READ) return { messages, next: newest?.id };
        newest = z.parse(messageRow, row);
        read += 1;
        if (wanted?.(newest) ?? true) messages.push(newest);
      }
      return { messages, next: undefined };
    },

    async period(endpointId, { from, to, limit, after, wanted }) {
      const last = after === undefined ? undefined : await find(endpointId, after);
      if (after !== undefined && last === undefined) return undefined;
      const index = { IndexName: BY_TIME, key: "listed", of: listOf(endpointId), isForward: true };
      const messages: Message[] = [];
      let read = 0;
      let newest = last;
      for await (const row of query(
        { ...index, from: last === undefined ? from : placeOf(last) },
        FILTERED_AT_ONCE,
      )) {
        const message = z.parse(messageRow, row);
        if (message.createdAt >= to) break;
        if (messages.length >= limit || read >= MAX_READ) return { messages, next: newest?.id };
        newest = message;
        read += 1;
        if (wanted(message)) messages.push(message);
      }
      return { messages, next: undefined };
    },

    async reopen(endpointId, id, dueAt) {
      await wasMade(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: marshall(messageKey(endpointId, id)),
            UpdateExpression: "SET #status = :pending, tries = :none, dueAt = :due, waiting = :endpoint",
            ConditionExpression: "attribute_exists(pk)",
            ExpressionAttributeNames: { "#status": "status" },
            ExpressionAttributeValues: marshall({
              ":pending": "pending",
              ":none": 0,
              ":due": dueAt,
              ":endpoint": waitingAt(endpointId),
            }),
          }),
        ),
      );
    },

    async newestOf(endpointId, jobId) {
      const row = await readRow(client, TableName, orderKey(endpointId, jobId));
      return typeof row?.["newest"] === "string" ? row["newest"] : undefined;
    },

    async noteNewest(endpointId, jobId, id) {
      const expiresAt = storedUntil(clock.now().toISOString(), MESSAGE_DAYS);
      await putRow(client, TableName, { ...orderKey(endpointId, jobId), newest: id, expiresAt });
    },

    async forgetNewest(endpointId, jobId) {
      await deleteRow(client, TableName, orderKey(endpointId, jobId));
    },

    async remove(endpointId, id) {
      await deleteRow(client, TableName, messageKey(endpointId, id));
    },
  };
}

function rowOf(message: Message) {
  const { endpointId, id, createdAt, status } = message;
  return {
    ...message,
    ...messageKey(endpointId, id),
    listed: listOf(endpointId),
    place: placeOf(message),
    waiting: status === "pending" ? waitingAt(endpointId) : undefined,
    expiresAt: storedUntil(createdAt, MESSAGE_DAYS),
  };
}

function messageKey(endpointId: string, id: string) {
  return { pk: `message#${endpointId}#${id}` };
}

function orderKey(endpointId: string, jobId: string) {
  return { pk: `order#${endpointId}#${jobId}` };
}

/** Returns the partition of the messages of an endpoint that wait to be sent. */
function waitingAt(endpointId: string): string {
  return `waiting#${endpointId}`;
}

function listOf(endpointId: string): string {
  return `messages#${endpointId}`;
}

/** The time, the sequence and a part of the id: unique, and in the order of the events of one job. */
function placeOf({ createdAt, sequence, id }: Message): string {
  return `${createdAt}#${String(sequence).padStart(6, "0")}#${id.slice(0, 8)}`;
}
