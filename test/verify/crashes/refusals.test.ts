import { randomUUID } from "node:crypto";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { target } from "../../journeys/target.ts";
import { rowsButCounts } from "../../local/tables.ts";
import { connect, type Method, PatientClient, serverToken } from "./patient-client.ts";

const reached = target();
let client: PatientClient;
let before = "";

/** Sorted, because the tables order rows by hashes. */
const rows = async () => JSON.stringify((await rowsButCounts()).map((row) => JSON.stringify(row)).sort());

beforeAll(async () => {
  client = new PatientClient(reached(), await serverToken(reached()), randomUUID());
  await connect(client);
  before = await rows();
});
afterEach(async () => expect(await rows()).toBe(before));

const login = { ...LOGINS.gavin, institution: { id: HOOLI } };
const key = { "idempotency-key": "refused" };

describe("a refused request leaves no row:", () => {
  const connections = () => `/users/${client.userId}/connections`;
  const job = () => `/jobs/${client.newest()}`;
  const refused: [string, number, Method, () => string, object?][] = [
    ["a create without a login", 400, "POST", connections, { institution: { id: HOOLI } }],
    ["a create at an unknown bank", 400, "POST", connections, { ...login, institution: { id: "AU99999" } }],
    ["a create for an invalid user", 400, "POST", () => "/users/no%20one/connections", login],
    ["an update of an unknown connection", 404, "POST", () => `${connections()}/none`, LOGINS.gavin],
    ["a refresh of an unknown connection", 404, "POST", () => `${connections()}/none/refresh`],
    ["an answer without a challenge", 409, "POST", () => `${job()}/mfa`, { "mfa-response": ["1234"] }],
    ["a cancel of a finished job", 409, "DELETE", job],
    ["a resume of a finished job", 409, "POST", () => `${job()}/resume`],
    ["a cancel of an unknown job", 404, "DELETE", () => `/jobs/${randomUUID()}`],
  ];

  test.each(refused)("%s", async (_, status, method, path, body) => {
    expect((await client.once(method, path(), body)).status).toBe(status);
  });

  test.each(refused)("%s, with an Idempotency-Key", async (_, status, method, path, body) => {
    expect((await client.once(method, path(), body, key)).status).toBe(status);
  });
});
