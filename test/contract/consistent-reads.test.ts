import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
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
import { fakePorts } from "../support/fake-ports.ts";
import { jobOf } from "../support/job-examples.ts";
import { JOBS, localTables, SECRETS } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const clock = fakeClock();
const { sealer } = fakePorts();
const userId = randomUUID();
const job = jobOf({ id: randomUUID(), userId });
const batch = z.object({ RequestItems: z.record(z.string(), z.object({ ConsistentRead: z.unknown() })) });
const single = z.object({ ConsistentRead: z.unknown() });

/** A client, and how its reads of rows are made. Of an index there are no consistent ones. */
function watched() {
  const reads: unknown[] = [];
  const client = tables.newClient();
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === "GetItemCommand") reads.push(single.parse(args.input).ConsistentRead);
        if (commandName === "BatchGetItemCommand") {
          for (const { ConsistentRead } of Object.values(batch.parse(args.input).RequestItems)) {
            reads.push(ConsistentRead);
          }
        }
        return next(args);
      },
    { step: "initialize" },
  );
  return { client, reads };
}

type Client = ReturnType<typeof watched>["client"];

const jobStore = (client: Client) =>
  dynamoJobStore({ client, tableName: JOBS, clock, retentionDays: 90, newId: randomUUID });
const keyed = { userId, key: "k", text: new Secret("text") };

/** Everything that a reply or a decision rests upon. */
const READS: [string, (client: Client) => Promise<unknown>][] = [
  ["a job", (client) => jobStore(client).find(job.id)],
  ["a claim", (client) => dynamoClaims(client, JOBS, clock).holder({ userId, institutionId: "AU00000" })],
  ["a note of refused logins", (client) => dynamoRefusedLogins(client, JOBS, clock).find(userId, "AU00000")],
  ["a reservation", (client) => dynamoReservations(client, JOBS, clock).find(keyed)],
  ["an API key", (client) => dynamoApiKeys(client, JOBS).idOf(new Secret("key"))],
  [
    "a secret",
    (client) =>
      dynamoVault({ client, tableName: SECRETS, sealer, clock }).holds({
        jobId: job.id,
        userId,
        purpose: "login",
      }),
  ],
  [
    "a list",
    (client) =>
      dynamoJobList(client, JOBS, clock).page(userId, { limit: 5, from: undefined, wanted: () => true }),
  ],
];

test.each(READS)("%s is read as it is written, not as it was a moment ago", async (_, read) => {
  await jobStore(tables.client).add(job);
  const { client, reads } = watched();
  await read(client);
  expect(reads).toEqual([true]);
});
