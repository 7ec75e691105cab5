import { randomUUID } from "node:crypto";
import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { dynamoSweptJobs } from "../../functions/jobs/store/swept-jobs.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeEach(async () => {
  tables = await localTables();
});
afterEach(() => tables.close());

const clock = fakeClock();
const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();
const store = () =>
  dynamoJobStore({ client: tables.client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID });
const swept = () => dynamoSweptJobs(tables.client, JOBS, clock);

/** The last digits of an id say in which shard it is. */
const idIn = (shard: number) => `${randomUUID().slice(0, -2)}${(0xa0 + shard).toString(16)}`;

async function added(changes: Partial<Job>): Promise<Job> {
  const job = jobOf({ id: randomUUID(), ...changes });
  await store().add(job);
  return job;
}

test("the jobs that are due are as many as a sweep can do, of each shard the longest due", async () => {
  const late = await Promise.all(
    Array.from({ length: 253 }, (_, index) => added({ id: idIn(1), sweepAt: at(-1000 + index) })),
  );
  const others = [
    await added({ id: idIn(2), sweepAt: at(-1) }),
    await added({ id: idIn(1), phase: "queued", sweepAt: at(0) }),
  ];
  const expected = [...late.slice(0, 250), ...others].map(({ id }) => id);
  expect(await swept().due()).toEqual(expected);
});

test("what the index holds beside jobs is left out", async () => {
  const job = await added({ id: idIn(1), sweepAt: at(-1) });
  const stray = { pk: "stray", sweep: "running#1", sweepAt: at(-2) };
  await tables.client.send(new PutItemCommand({ TableName: JOBS, Item: marshall(stray) }));
  expect(await swept().due()).toEqual([job.id]);
  expect(await swept().census()).toEqual({ queued: 0, running: 1, oldestRunning: START });
});

test("the index holds of a job when it was made, or runs since, and nothing else that is not a key", async () => {
  const { id } = await added({ id: idIn(2), sweepAt: at(5) });
  const { Items = [] } = await tables.client.send(
    new QueryCommand({
      TableName: JOBS,
      IndexName: "swept-by-time",
      KeyConditionExpression: "sweep = :part",
      ExpressionAttributeValues: marshall({ ":part": "running#2" }),
    }),
  );
  expect(Items.map((item) => unmarshall(item))).toEqual([
    { pk: `job#${id}`, sweep: "running#2", sweepAt: at(5), createdAt: START },
  ]);
});
