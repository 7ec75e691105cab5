import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { kmsSealer } from "../../functions/jobs/store/vault.ts";
import { putRow } from "../../functions/platform/dynamo.ts";
import type { Endpoint } from "../../functions/webhooks/domain/endpoint.ts";
import type { EndpointSecrets, Endpoints } from "../../functions/webhooks/domain/ports.ts";
import { dynamoEndpointSecrets } from "../../functions/webhooks/store/endpoint-secrets.ts";
import { dynamoEndpoints } from "../../functions/webhooks/store/endpoints.ts";
import { START } from "../support/fake-clock.ts";
import { fakeEndpointSecrets, fakeEndpoints } from "../support/fake-webhooks.ts";
import { EVENTS, localKms, localTables, loseReplies, SECRETS } from "../support/local-aws.ts";

/** Each list has tables of its own: the list is one row. */
async function newTables() {
  const tables = await localTables();
  afterAll(tables.close);
  return tables;
}

const LISTS: [string, () => Promise<Endpoints>][] = [
  ["in memory", async () => fakeEndpoints()],
  ["on DynamoDB", async () => dynamoEndpoints((await newTables()).client, EVENTS)],
];

const whole: Endpoint = {
  id: randomUUID(),
  name: "Jobs",
  description: "All jobs",
  url: "https://receiver.example/",
  subscribedEvents: ["job.created"],
  payload: "full",
  ordering: "job",
  status: "active",
  createdAt: START,
  secrets: [{ number: 2 }, { number: 1, until: START }],
};
const { name: _, description: __, subscribedEvents: ___, ...bare } = whole;

describe.each(LISTS)("the list of endpoints %s", (_, make) => {
  test("is read as it was written, with all fields and without those that are absent", async () => {
    const endpoints = await make();
    expect(await endpoints.read()).toEqual({ endpoints: [], version: 0 });
    expect(await endpoints.write([whole, bare], { version: 0 })).toBe(true);
    expect(await endpoints.read()).toEqual({ endpoints: [whole, bare], version: 1 });
  });

  test("is not written over a list that was written since it was read", async () => {
    const endpoints = await make();
    expect(await endpoints.write([whole], { version: 0 })).toBe(true);
    expect(await endpoints.write([], { version: 0 })).toBe(false);
    expect(await endpoints.write([whole, bare], { version: 1 })).toBe(true);
    expect(await endpoints.write([], { version: 1 })).toBe(false);
    expect((await endpoints.read()).endpoints).toEqual([whole, bare]);
  });

  test("is written by one of twelve at once", async () => {
    const endpoints = await make();
    const written = await Promise.all(
      Array.from({ length: 12 }, () => endpoints.write([bare], { version: 0 })),
    );
    expect(written.filter((isWritten) => isWritten)).toHaveLength(1);
  });
});

describe("the list of endpoints on DynamoDB", () => {
  test("whose reply is lost counts as written", async () => {
    const losses = { replies: 1 };
    const endpoints = dynamoEndpoints(loseReplies((await newTables()).newClient(), losses), EVENTS);
    expect([await endpoints.write([bare], { version: 0 }), losses.replies]).toEqual([true, 0]);
  });

  test("is not read, and hence not written over, if the row cannot be read", async () => {
    const { client } = await newTables();
    const row = { pk: "webhooks#all", version: 1, writeId: "w", endpoints: [{ ...bare, status: "new" }] };
    await putRow(client, EVENTS, row);
    await expect(dynamoEndpoints(client, EVENTS).read()).rejects.toThrow(/status/);
  });
});

const [tables, kms] = await Promise.all([newTables(), localKms()]);
afterAll(kms.close);
const sealer = kmsSealer(kms.client, "sealing");
const onDynamo = (client = tables.client) => dynamoEndpointSecrets({ client, tableName: SECRETS, sealer });

const STORES: [string, () => EndpointSecrets][] = [
  ["in memory", () => fakeEndpointSecrets()],
  ["on DynamoDB and KMS", () => onDynamo()],
];

describe.each(STORES)("the secret of an endpoint %s", (_, make) => {
  test("is revealed under its number only, is never replaced, and is gone when it was destroyed", async () => {
    const secrets = make();
    const id = randomUUID();
    const found = async (number: number) => (await secrets.reveal(id, number))?.reveal();
    expect(await secrets.store(id, 1, new Secret("whsec_one"))).toBe(true);
    expect(await secrets.store(id, 1, new Secret("whsec_other"))).toBe(false);
    expect(await secrets.store(id, 2, new Secret("whsec_two"))).toBe(true);
    expect([await found(1), await found(2), await found(3)]).toEqual(["whsec_one", "whsec_two", undefined]);
    await secrets.destroy(id, 1);
    await secrets.destroy(id, 1);
    expect([await found(1), await found(2)]).toEqual([undefined, "whsec_two"]);
    expect(await secrets.store(id, 1, new Secret("whsec_other"))).toBe(true);
  });
});

describe("the secret of an endpoint on DynamoDB", () => {
  const rowOf = async (id: string) =>
    (await tables.rows(SECRETS)).find(({ jobId }) => jobId === `webhook#${id}`);

  test("is sealed in its row, which does not expire, and belongs to its endpoint", async () => {
    const [id, other] = [randomUUID(), randomUUID()];
    await onDynamo().store(id, 1, new Secret("whsec_Zebra"));
    const row = (await rowOf(id)) ?? {};
    expect(Object.keys(row).toSorted()).toEqual(["jobId", "purpose", "sealed"]);
    expect(Buffer.from(row["sealed"]).toString("latin1")).not.toContain("Zebra");
    await putRow(tables.client, SECRETS, { ...row, jobId: `webhook#${other}` });
    expect(await onDynamo().reveal(other, 1)).toBeUndefined();
  });

  test("whose reply is lost counts as stored", async () => {
    const [id, losses] = [randomUUID(), { replies: 1 }];
    const client = loseReplies(tables.newClient(), losses);
    expect([await onDynamo(client).store(id, 1, new Secret("whsec_one")), losses.replies]).toEqual([true, 0]);
  });
});
