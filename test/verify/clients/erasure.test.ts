import { randomUUID } from "node:crypto";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { expect, test } from "vitest";
import * as z from "zod";
import { otherEventId } from "../../../functions/events/domain/event.ts";
import { ownerOf } from "../../../functions/platform/dynamo.ts";
import { connected, refreshAll, update } from "../../journeys/calls.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, NUCLEUS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { newConnection, post } from "../../journeys/posting.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { allRows } from "../../support/local-aws.ts";

/** The rounds of an erasure take 9 s, or half a minute if a request might still store something: functions live in real time. */
const system = localSystem(100);
const newBackend = () => new MobileBackend(targetOf(system()));

const row = z.looseObject({
  pk: z.optional(z.string()),
  jobId: z.optional(z.string()),
  purpose: z.optional(z.string()),
  sweepAt: z.optional(z.string()),
});

/** The counts of token requests, and what is known of banks. */
const OF_NO_USER = /^(rate#token|institution|institution-traffic)#/;

/** All rows of all tables but those of no user, each by its table and its key. */
async function stored(): Promise<Map<string, z.infer<typeof row>>> {
  const found = new Map<string, z.infer<typeof row>>();
  for (const { table, rows } of await allRows()) {
    for (const each of rows) {
      const parsed = row.parse(unmarshall(each));
      const key = parsed.pk ?? `${parsed.jobId} ${parsed.purpose}`;
      if (!OF_NO_USER.test(key)) found.set(`${table} ${key}`, parsed);
    }
  }
  return found;
}

/** Repeats a request until `isOver`, whatever the reply is. Returns the statuses. */
async function write(request: () => Promise<{ status: number }>, isOver: () => boolean): Promise<number[]> {
  const statuses: number[] = [];
  while (!isOver()) statuses.push((await request()).status);
  return statuses;
}

test("an erasure while requests and jobs write leaves the marks of the user, the event of the deletion, and all rows of other users", async () => {
  const other = newBackend();
  await connected(other, HOOLI, LOGINS.gavin);
  await eventsUntil(other, "succeeded");
  const before = await stored();

  const backend = newBackend();
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await eventsUntil(backend, "succeeded");
  let isOver = false;
  let writes = 0;
  const requests = [
    () => post(backend, newConnection(backend, LOGINS.gavin, HOOLI_GOV), randomUUID()),
    () => backend.connect(PIED_PIPER, LOGINS.jared),
    () => backend.connect(NUCLEUS, { ...LOGINS.gavin, password: "mistyped" }),
    () => update(backend, connectionId, LOGINS.gavin),
    () => refreshAll(backend),
  ];
  const running = requests.map((request) =>
    write(
      async () => {
        const reply = await request();
        writes++;
        return reply;
      },
      () => isOver,
    ),
  );
  const mark = `erased#${ownerOf(backend.userId)}`;
  const rounds = async () =>
    [...(await stored())].filter(([key, { sweepAt }]) => key.endsWith(mark) && sweepAt);

  await expect.poll(() => writes).toBeGreaterThan(3 * requests.length);
  expect((await backend.call("DELETE", `/users/${backend.userId}`)).status).toBe(204);
  expect(await rounds()).toHaveLength(1);
  const erasedAfter = writes;
  await expect.poll(() => writes).toBeGreaterThan(erasedAfter + requests.length);
  isOver = true;
  const statuses = await Promise.all(running);
  expect(statuses.map((each) => [each.some((status) => status < 300), each.at(-1)])).toEqual(
    requests.map(() => [true, 404]),
  );
  await expect.poll(async () => (await rounds()).length).toBe(0);
  const after = await stored();
  const left = [...after.keys()].filter((key) => !before.has(key));
  const deletion = `event#${otherEventId("user", "deleted", backend.userId)}`;
  expect(left.map((key) => key.split(" ").slice(1).join(" ")).toSorted()).toEqual(
    [mark, mark, deletion].toSorted(),
  );
  expect([...before.keys()].filter((key) => !after.has(key))).toEqual([]);
});
