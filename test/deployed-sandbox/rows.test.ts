import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { expect, test } from "vitest";
import { gavin, jared, openDeployedSandbox, start } from "../sandbox/open-sandbox.ts";
import { SANDBOX_TABLE } from "../sandbox/table-sandbox.ts";

const secondsToLive = async (bank: Awaited<ReturnType<typeof openDeployedSandbox>>) =>
  Object.fromEntries(
    (await bank.rows()).map(({ sk, expiresAt }) => [
      String(sk).split("#")[0],
      expiresAt === undefined ? "for ever" : (expiresAt - start / 1_000) / 86_400,
    ]),
  );

test("rows end by themselves after 30 days, tokens and calls after two, and what the control side set stays", async () => {
  const bank = await openDeployedSandbox();
  await bank.create("AU00003", jared);
  await bank.control("PUT", "/institutions/AU00000", { status: "major-outage" });
  await bank.control("PUT", "/faults", []);
  expect(await secondsToLive(bank)).toEqual({
    connection: 30,
    login: 30,
    job: 30,
    owner: 30,
    call: 2,
    token: 2,
    condition: "for ever",
    faults: "for ever",
    calls: "for ever",
  });
});

test("a reset deletes every row but the tokens and the number of the last call", async () => {
  const bank = await openDeployedSandbox();
  for (let n = 0; n < 15; n++) await bank.create("AU00000", gavin, `user-${n}`);
  expect((await bank.rows()).length).toBeGreaterThan(60);
  await bank.control("DELETE", "");
  expect((await bank.rows()).map(({ pk }) => pk.split("#")[0]).toSorted()).toEqual(["counter", "token"]);
});

test("a job that waits for its bank is found among many, and starts", async () => {
  const bank = await openDeployedSandbox();
  await bank.control("PUT", "/institutions/AU00004", { status: "major-outage", outage: "queue" });
  const queued = [];
  for (let n = 0; n < 5; n++) {
    queued.push(await bank.create("AU00004", gavin, `user-${n}`));
    await bank.create("AU00000", gavin, `user-${n}`);
  }
  await bank.control("PUT", "/institutions/AU00004", { status: "operational" });
  for (const id of queued) expect((await bank.statuses(id))[0]).toBe("in-progress");
});

test.each([
  ["GET", "/jobs/"],
  ["POST", "/users/user-1/connections/"],
  ["GET", "/users/"],
])("%s %s with what is longer than a key can be is not found", async (method, path) => {
  const bank = await openDeployedSandbox();
  const [error] = await bank.refused(404, method, `${path}${"a".repeat(3_000)}`);
  expect(error?.code).toBe("resource-not-found");
});

test("the ledger shows the newest calls when all are more than a reply can have", async () => {
  const bank = await openDeployedSandbox();
  const path = "x".repeat(300_000);
  for (let n = 100; n < 120; n++) {
    const value = {
      at: new Date(start).toISOString(),
      method: "GET",
      path: `${path}${n}`,
      userId: null,
      institutionId: null,
    };
    const row = { pk: "ledger", sk: `call#${String(n).padStart(16, "0")}`, value, version: "v", order: n };
    await bank.client.send(new PutItemCommand({ TableName: SANDBOX_TABLE, Item: marshall(row) }));
  }
  const shown = (await bank.ledger()).map((call) => Number(call.path.slice(path.length)));
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.length * path.length).toBeLessThan(6_000_000);
  expect(shown).toEqual(Array.from(shown, (_, index) => 120 - shown.length + index));
});
