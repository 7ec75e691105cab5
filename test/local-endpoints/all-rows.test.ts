import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { allRows, inJson, JOBS, localTables, SECRETS } from "../support/local-aws.ts";

/** A page of a table ends at 1 MB. */
const LARGE = "x".repeat(390_000);

test("every row of every table is read, over several pages", async () => {
  const { client, close } = await localTables();
  onTestFinished(close);
  const pks = ["a", "b", "c", "d", "e"];
  for (const pk of pks)
    await client.send(new PutItemCommand({ TableName: JOBS, Item: { pk: { S: pk }, large: { S: LARGE } } }));
  const sealed = { jobId: { S: "j" }, purpose: { S: "login" }, sealed: { B: Buffer.from("seal") } };
  await client.send(new PutItemCommand({ TableName: SECRETS, Item: sealed }));

  const read = new Map((await allRows(client)).map(({ table, rows }) => [table, rows]));
  expect([...read.keys()].toSorted()).toEqual([JOBS, SECRETS]);
  expect(
    read
      .get(JOBS)
      ?.map(({ pk }) => pk?.S)
      .toSorted(),
  ).toEqual(pks);
  expect(inJson(read.get(SECRETS) ?? [])).toContain(Buffer.from("seal").toString("base64"));
});
