import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { expect, test } from "vitest";
import { dynamoSweptJobs } from "../../../../functions/jobs/store/swept-jobs.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import { JOBS, localTables } from "../../../support/local-aws.ts";

const PARKED = 200;
const DUE = 20;
const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();

/** The entries of the index that its queries have read so far. */
function readEntries(client: DynamoDBClient): () => number {
  let read = 0;
  client.middlewareStack.add((next) => async (args) => {
    const reply = await next(args);
    read += Number(Object(reply.output).ScannedCount ?? 0);
    return reply;
  });
  return () => read;
}

async function add(client: DynamoDBClient, sweep: string, number: number, sweepAt: string): Promise<void> {
  const row = { pk: `job#${sweep} ${number}`, createdAt: START, sweep, sweepAt };
  await client.send(new PutItemCommand({ TableName: JOBS, Item: marshall(row) }));
}

test("of 200 parked jobs, 20 of them due, a sweep reads 20 entries of the index, and those of no bank that is down", async () => {
  const { client, close } = await localTables();
  const swept = dynamoSweptJobs(client, JOBS, fakeClock());
  for (let number = 0; number < PARKED; number++) {
    const isDue = number < DUE;
    const part = isDue || number % 2 === 0 ? `queued#${number % 4}` : "awaiting#AU00001";
    await add(client, part, number, at(isDue ? -number : 1 + number));
  }
  const read = readEntries(client);
  expect(await swept.due(["AU00001"])).toHaveLength(DUE);
  expect(read()).toBe(DUE);
  // A look at a bank that is down: whether any job waits for it.
  expect(await swept.awaiting("AU00001", { limit: 1 })).toHaveLength(1);
  expect(read()).toBe(DUE + 1);
  // Only the count of all reads all.
  expect(await swept.queued(["AU00001"])).toMatchObject({ size: PARKED });
  expect(read()).toBe(DUE + 1 + PARKED);
  await close();
});
