import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { dynamoApiKeys } from "../../functions/access/api-keys.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { dynamoClaims } from "../../functions/jobs/store/claims.ts";
import { dynamoJobList } from "../../functions/jobs/store/job-list.ts";
import { dynamoJobStore } from "../../functions/jobs/store/job-store.ts";
import { dynamoRefusedLogins } from "../../functions/jobs/store/refused-logins.ts";
import { dynamoReservations } from "../../functions/jobs/store/reservations.ts";
import { dynamoVault } from "../../functions/jobs/store/vault.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeSealer } from "../support/fake-ports.ts";
import { JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";
import { JOBS, localTables, SECRETS } from "../support/local-aws.ts";

const tables = await localTables();
afterAll(tables.close);

const clock = fakeClock();
const userId = USER_ID;
const jobStore = (client: DynamoDBClient) =>
  dynamoJobStore({ client, tableName: JOBS, clock, retentionDays: 90, newId: () => "w" });
const vault = (client: DynamoDBClient) =>
  dynamoVault({ client, tableName: SECRETS, sealer: fakeSealer(), clock });
const everything = { limit: 5, from: undefined, wanted: () => true };
const keyed = { userId, key: "k", text: new Secret("text") };

/** Every read that a reply or a decision rests upon. */
const READS: [string, (client: DynamoDBClient) => Promise<unknown>][] = [
  ["a job", (client) => jobStore(client).find(JOB_ID)],
  ["a claim", (client) => dynamoClaims(client, JOBS, clock).holder({ userId, institutionId: "AU00000" })],
  ["a note of refused logins", (client) => dynamoRefusedLogins(client, JOBS, clock).find(userId, "AU00000")],
  ["a reservation", (client) => dynamoReservations(client, JOBS, clock).find(keyed)],
  ["an API key", (client) => dynamoApiKeys(client, JOBS).idOf(new Secret("key"))],
  ["a secret", (client) => vault(client).holds({ jobId: JOB_ID, userId, purpose: "login" })],
  ["a list of jobs", (client) => dynamoJobList(client, JOBS, clock).page([userId], everything)],
];

const batch = z.object({ RequestItems: z.record(z.string(), z.object({ ConsistentRead: z.unknown() })) });
const single = z.object({ ConsistentRead: z.unknown() });

test.each(READS)("%s is read consistently, after every write", async (_, read) => {
  await jobStore(tables.client).add(jobOf());
  const reads: unknown[] = [];
  const client = tables.newClient((name, input) => {
    // An index has no consistent reads.
    if (name === "GetItemCommand") reads.push(single.parse(input).ConsistentRead);
    if (name === "BatchGetItemCommand") {
      const asked = Object.values(batch.parse(input).RequestItems);
      reads.push(...asked.map(({ ConsistentRead }) => ConsistentRead));
    }
  });
  await read(client);
  expect(reads).toEqual([true]);
});
