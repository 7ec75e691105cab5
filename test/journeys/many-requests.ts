import { randomUUID } from "node:crypto";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { dynamoApiKeyRegister } from "../../functions/access/api-key-register.ts";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { inBatches } from "../../functions/jobs/use-cases/in-batches.ts";
import { findTable } from "../../infra/keys/find-table.ts";
import { type HttpReply, MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import type { Target } from "./target.ts";

const FIVE_MINUTES = 300_000;
const AT_ONCE = 25;
const MAX_TRIES = 3;

/** Sends so many requests, and gives how many got each status. */
export async function statusesOf(
  times: number,
  send: () => Promise<HttpReply>,
): Promise<{ [status: string]: number }> {
  const replies = await inBatches(Array.from({ length: times }), AT_ONCE, send);
  const counts: { [status: string]: number } = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Makes the requests that were counted in this window more, as if they had come; gives how many there were. */
export async function countMore(
  target: Pick<Target, "apiUrl">,
  rate: string,
  more: number,
  timeScale = 1,
): Promise<number> {
  const { client, tableName } = await findTable({ local: target.apiUrl });
  const { Attributes } = await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { pk: { S: `rate#${rate}#${currentWindow(timeScale)}` } },
      UpdateExpression: "ADD requests :more",
      ConditionExpression: "attribute_exists(pk)",
      ExpressionAttributeValues: { ":more": { N: String(more) } },
      ReturnValues: "UPDATED_OLD",
    }),
  );
  client.destroy();
  return Number(Attributes?.["requests"]?.N);
}

function currentWindow(timeScale = 1): number {
  return Math.floor((Date.now() * timeScale) / FIVE_MINUTES);
}

/** All that is done, in one window: begun anew, with somebody else, when one has ended meanwhile. */
export async function inOneWindow<Made>(make: () => Promise<Made>): Promise<Made> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = currentWindow();
    const made = await make().catch((error: unknown) => {
      if (currentWindow() === before) throw error;
      return undefined;
    });
    if (made !== undefined && currentWindow() === before) return made;
  }
  throw new Error("A window ended in each of several tries.");
}

/** A backend of another company, with an API key of its own, and how people name that. */
export async function withAnotherKey(target: Target): Promise<{ backend: MobileBackend; keyId: string }> {
  const apiKey = `key-${randomUUID()}`;
  const { client, tableName } = await findTable({ local: target.apiUrl });
  const { id } = await dynamoApiKeyRegister(client, tableName).add(new Secret(apiKey), "another", new Date());
  client.destroy();
  return { backend: new MobileBackend({ ...target, apiKey }), keyId: id };
}

/** The seconds that a request over the limit has to wait. */
export function expectLimited(reply: HttpReply): number {
  expect(refusal(reply)).toEqual([429, "too-many-requests", [undefined]]);
  const [error] = errorReply.parse(reply.json).data;
  expect(error).toEqual({
    type: "error",
    code: "too-many-requests",
    title: "Too many requests",
    detail: "The limit of requests in 5 minutes is reached: try again later.",
  });
  expect(reply.headers.get("retry-after")).toMatch(/^[1-9]\d{0,2}$/);
  return Number(reply.headers.get("retry-after"));
}
