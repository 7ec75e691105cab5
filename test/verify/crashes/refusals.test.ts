import { randomUUID } from "node:crypto";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { rowsButCounts } from "../../journeys/local/tables.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { target } from "../../journeys/target.ts";
import { type Method, PatientClient, serverToken } from "./patient-client.ts";
import { createPlain, untilOver } from "./playing.ts";

const reached = target();
let client: PatientClient;
let before = "";

/** In any order: the tables' own is by hashes. */
const rows = async () => JSON.stringify((await rowsButCounts()).map((row) => JSON.stringify(row)).sort());

beforeAll(async () => {
  client = new PatientClient(reached(), await serverToken(reached()), randomUUID());
  await createPlain(client);
  await untilOver(client);
  before = await rows();
});
afterEach(async () => expect(await rows()).toBe(before));

const login = { ...LOGINS.gavin, institution: { id: HOOLI } };
const key = { "idempotency-key": "refused" };

describe("a request that is refused leaves nothing:", () => {
  const connections = () => `/users/${client.userId}/connections`;
  const job = () => `/jobs/${client.newest()}`;
  const refused: [string, number, Method, () => string, object?][] = [
    ["a create without a login", 400, "POST", connections, { institution: { id: HOOLI } }],
    ["a create at no bank", 400, "POST", connections, { ...login, institution: { id: "AU99999" } }],
    ["a create for nobody", 400, "POST", () => "/users/no%20one/connections", login],
    ["an update of no connection", 404, "POST", () => `${connections()}/none`, LOGINS.gavin],
    ["a refresh of no connection", 404, "POST", () => `${connections()}/none/refresh`],
    ["an answer that nobody asked for", 409, "POST", () => `${job()}/mfa`, { "mfa-response": ["1234"] }],
    ["an end of what has ended", 409, "DELETE", job],
    ["a next attempt of what has ended", 409, "POST", () => `${job()}/resume`],
    ["an end of no job", 404, "DELETE", () => `/jobs/${randomUUID()}`],
  ];

  test.each(refused)("%s", async (_, status, method, path, body) => {
    expect((await client.once(method, path(), body)).status).toBe(status);
  });

  test.each(refused)("%s, with a key", async (_, status, method, path, body) => {
    expect((await client.once(method, path(), body, key)).status).toBe(status);
  });
});
