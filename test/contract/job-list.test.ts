import { randomUUID } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { DependencyDown } from "../../functions/jobs/domain/errors.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { dynamoJobList } from "../../functions/jobs/store/job-list.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const everything = () => true;
const list = (client: DynamoDBClient) => dynamoJobList(client, JOBS, clock);

/** So many of a new user's, accepted a second after each other unless it is said otherwise. */
async function accepted(count: number, changes: (index: number) => Partial<Job> = () => ({})) {
  const userId = randomUUID();
  const jobs = Array.from({ length: count }, (_, index) => {
    const createdAt = new Date(Date.parse(START) + index * 1000).toISOString();
    return jobOf({ id: randomUUID(), userId, createdAt, updatedAt: createdAt, ...changes(index) });
  });
  const { client } = tables;
  const store = dynamoJobStore({ client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID });
  await Promise.all(jobs.map((job) => store.add(job)));
  return { userId, newest: jobs.map(({ id }) => id).toReversed() };
}

/** What of the output of a command is to be another. */
type Spoil = (name: string, input: object, output: object) => object;

/** A client of its own, whose commands are counted. */
function watched(spoil: Spoil = () => ({})) {
  const client: DynamoDBClient = tables.newClient();
  const calls: string[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const name = String(context.commandName);
      calls.push(name);
      const result = await next(args);
      Object.assign(result.output, spoil(name, args.input, result.output));
      return result;
    },
    { step: "initialize" },
  );
  onTestFinished(() => client.destroy());
  return { client, countOf: (name: string) => calls.filter((call) => call === name).length };
}

test("a list of jobs ends where it ends, though the index says that there may be more", async () => {
  const { userId } = await accepted(4);
  const { client } = watched((_, __, output) =>
    "Items" in output && Array.isArray(output.Items) ? { LastEvaluatedKey: output.Items.at(-1) } : {},
  );
  const first = await list(client).page(userId, { limit: 2, from: undefined, wanted: everything });
  expect(first.next).toBeDefined();
  const last = await list(client).page(userId, { limit: 2, from: first.next, wanted: everything });
  expect([last.jobs.length, last.next]).toEqual([2, undefined]);
});

describe("rows that DynamoDB left out of a reply", () => {
  test("are asked for again", async () => {
    const step = { title: "verify-credentials", status: "failed" } as const;
    const large = { code: "c", title: "t", detail: "x".repeat(20_000) };
    const { userId, newest } = await accepted(90, () => ({ steps: [{ ...step, result: large }] }));
    const { client, countOf } = watched();
    const { jobs } = await list(client).page(userId, { limit: 500, from: undefined, wanted: everything });
    expect(jobs.map(({ id }) => id)).toEqual(newest);
    expect([countOf("QueryCommand"), countOf("BatchGetItemCommand")]).toEqual([1, 2]);
  });

  test("are given up after a while, and no page is shown without them", async () => {
    const { userId } = await accepted(2);
    const { client, countOf } = watched((name, input) =>
      name === "BatchGetItemCommand" && "RequestItems" in input
        ? { Responses: {}, UnprocessedKeys: input.RequestItems }
        : {},
    );
    const page = list(client).page(userId, { limit: 5, from: undefined, wanted: everything });
    await expect(page).rejects.toThrow(DependencyDown);
    expect(countOf("BatchGetItemCommand")).toBe(5);
  });
});
