import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dynamoRequestCounts } from "../../functions/access/request-counts.ts";
import { JOBS, localTables } from "../support/local-tables.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeEach(async () => {
  tables = await localTables();
});
afterEach(() => tables.close());

const window = { number: 5_892_180, endsAt: new Date("2026-01-05T09:05:00.250Z") };
const next = { number: 5_892_181, endsAt: new Date("2026-01-05T09:10:00.250Z") };
const counts = () => dynamoRequestCounts(tables.client, JOBS);

test("requests are counted from one on, each kind, each one's and each window's apart", async () => {
  expect(await counts().add("user", "u", window)).toBe(1);
  expect(await counts().add("user", "u", window)).toBe(2);
  expect(await counts().add("user", "v", window)).toBe(1);
  expect(await counts().add("token", "u", window)).toBe(1);
  expect(await counts().add("user", "u", next)).toBe(1);
  expect(await counts().add("user", "u", window)).toBe(3);
});

test("of many that come at once none is lost, and each is told another number", async () => {
  const clients = [tables.newClient(), tables.newClient(), tables.newClient()];
  const told = await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      dynamoRequestCounts(clients[index % 3] ?? tables.client, JOBS).add("user", "u", window),
    ),
  );
  expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  for (const client of clients) client.destroy();
});

test("a row holds a number and the time when it goes, which no further request puts off", async () => {
  for (let one = 0; one < 3; one++) await counts().add("token", "0123456789ab", window);
  expect(await tables.rows(JOBS)).toEqual([
    {
      pk: "rate#token#0123456789ab#5892180",
      requests: 3,
      expiresAt: Date.parse("2026-01-05T09:05:01.000Z") / 1000,
    },
  ]);
});

test("a request is one write of one row, without a condition and without a read", async () => {
  const commands: object[] = [];
  tables.client.middlewareStack.add(
    (send, { commandName }) =>
      (args) => {
        commands.push({ commandName, ...args.input });
        return send(args);
      },
    { step: "initialize" },
  );
  await counts().add("user", "u", window);
  expect(commands).toHaveLength(1);
  expect(commands[0]).toMatchObject({ commandName: UpdateItemCommand.name });
  expect(commands[0]).not.toHaveProperty("ConditionExpression");
});
