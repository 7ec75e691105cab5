import { randomUUID } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { dynamoJobList } from "../../functions/jobs/store/job-list.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { fakeClock, START } from "../support/fake-clock.ts";
import { jobOf } from "../support/job-examples.ts";
import { JOBS, localTables } from "../support/local-tables.ts";

export const everything = () => true;

/** What of the output of a command is to be another. */
type Spoil = (name: string, input: object, output: object) => object;

/** A table for the tests of a file, jobs of users of their own in it, and their lists. */
export function listedJobs() {
  let tables: Awaited<ReturnType<typeof localTables>>;
  beforeAll(async () => {
    tables = await localTables();
  });
  afterAll(() => tables.close());

  const store = () =>
    dynamoJobStore({
      client: tables.client,
      tableName: JOBS,
      clock: fakeClock(),
      retentionDays: 90,
      newId: randomUUID,
    });
  const list = (client = tables.client, clock = fakeClock()) => dynamoJobList(client, JOBS, clock);

  return {
    store,
    list,

    /** So many of a new user's, accepted a second after each other unless it is said otherwise. */
    async accepted(count: number, changes: (index: number) => Partial<Job> = () => ({})) {
      const userId = randomUUID();
      const jobs = Array.from({ length: count }, (_, index) => {
        const createdAt = new Date(Date.parse(START) + index * 1000).toISOString();
        return jobOf({ id: randomUUID(), userId, createdAt, updatedAt: createdAt, ...changes(index) });
      });
      await Promise.all(jobs.map((job) => store().add(job)));
      return { userId, jobs, newest: jobs.map(({ id }) => id).toReversed() };
    },

    /** All pages of a list, as the ids of their jobs. */
    async pagesOf(userId: string, limit: number, wanted: (job: Job) => boolean = everything) {
      const pages: string[][] = [];
      for (let from: string | undefined; ; ) {
        const { jobs, next } = await list().page(userId, { limit, from, wanted });
        pages.push(jobs.map(({ id }) => id));
        if (next === undefined) return pages;
        from = next;
      }
    },

    /** A client of its own, whose commands are counted. */
    watched(spoil: Spoil = () => ({})) {
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
    },
  };
}
