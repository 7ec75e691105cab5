import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dynamoRequestCounts } from "../../functions/access/request-counts.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeEach(async () => {
  tables = await localTables();
});
afterEach(() => tables.close());

const window = { number: 5_892_180, endsAt: new Date("2026-01-05T09:05:00.250Z") };
const counts = () => dynamoRequestCounts(tables.client, JOBS);

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
