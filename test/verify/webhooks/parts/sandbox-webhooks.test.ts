import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { tokenReply } from "../../../../functions/http/reply-schemas.ts";
import { Secret } from "../../../../functions/jobs/domain/secret.ts";
import { aggregatorAt } from "../../../../infra/upstream-webhooks/aggregator.ts";
import { subscribe, UPSTREAM_EVENT_TYPES } from "../../../../infra/upstream-webhooks/subscribe.ts";
import { type Sandbox, startSandbox } from "../../../../sandbox/server.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, timeScale: 100 });
});
afterAll(() => sandbox.close());

async function ask(method: string, path: string, body?: object, version = "3.0") {
  const asked = { authorization: "Basic any", "basiq-version": version };
  const traded = await fetch(`${sandbox.url}/token`, { method: "POST", headers: asked });
  const { access_token } = tokenReply.parse(await traded.json());
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const reply = await fetch(sandbox.url + path, { method, headers, ...sent });
  const text = await reply.text();
  const json: unknown = text === "" ? undefined : JSON.parse(text);
  const codes = z.object({ data: z.array(z.object({ code: z.string() })) }).safeParse(json);
  return { status: reply.status, json, codes: codes.data?.data.map(({ code }) => code) };
}

const WEBHOOKS = "/notifications/webhooks";
const webhookShape = z.object({ id: z.string(), secret: z.string().optional() });

test("version 3.0 has webhooks, events and consents, and version 2.1 has none of them", async () => {
  for (const path of [WEBHOOKS, "/events", "/events/types", "/users/anybody/consents"]) {
    expect((await ask("GET", path, undefined, "2.1")).status, path).toBe(404);
  }
  const { json } = await ask("GET", "/events/types");
  expect(z.object({ size: z.number() }).parse(json).size).toBe(15);
});

test("an application has one webhook for each type of event and each address, and only the owner's replies have the secret", async () => {
  const first = { url: "http://127.0.0.1:9/one", subscribedEvents: ["user.created"] };
  const created = await ask("POST", WEBHOOKS, first);
  const { id, secret } = webhookShape.parse(created.json);
  expect([created.status, secret?.slice(0, 6)]).toEqual([201, "whsec_"]);
  expect(JSON.stringify((await ask("GET", `${WEBHOOKS}/${id}`)).json)).not.toContain("secret");
  const other = { url: "http://127.0.0.1:9/two" };
  const refused = async (body: object) => {
    const { status, codes } = await ask("POST", WEBHOOKS, body);
    return [status, ...(codes ?? [])];
  };
  expect(await refused(other)).toEqual([400, "event-already-subscribed"]);
  expect(await refused({ ...other, subscribedEvents: ["job.created"] })).toEqual([400, "invalid-content"]);
  expect(await refused({ url: "http://example.com/" })).toEqual([400, "invalid-content"]);
  expect(await refused(first)).toEqual([409, "resource-already-exists"]);
  expect((await ask("GET", `${WEBHOOKS}/nobody`)).status).toBe(400);
  const before = await subscribe({ ...given(), apiUrl: "http://127.0.0.1:9" }).catch(String);
  expect(before).toContain("Another webhook of this application has some of the 15 event types.");
  expect((await ask("DELETE", `${WEBHOOKS}/${id}`)).status).toBe(204);
});

const kept: string[] = [];
const given = () => ({
  aggregator: aggregatorAt(sandbox.url, new Secret("any")),
  apiUrl: "http://127.0.0.1:9/api",
  storeSecret: async (secret: Secret) => void kept.push(secret.reveal()),
});

test("a deployment subscribes to all 15 types, keeps its webhook when it subscribes again, and leaves none whose secret is lost", async () => {
  const failing = () => Promise.reject(new Error("The secret cannot be stored."));
  await expect(subscribe({ ...given(), storeSecret: failing })).rejects.toThrow("cannot be stored");
  expect(await given().aggregator.list()).toEqual([]);
  const { id } = await subscribe(given());
  expect((await subscribe(given())).id).toBe(id);
  expect(new Set(kept).size).toBe(1);
  const [webhook, ...more] = await given().aggregator.list();
  expect([webhook?.subscribedEvents, more]).toEqual([UPSTREAM_EVENT_TYPES, []]);
});

test("what happens to a user and a bank login is an event, in the order in which it happened", async () => {
  const user = z.object({ id: z.string() }).parse((await ask("POST", "/users", { email: "a@b.c" })).json).id;
  const login = { loginId: "gavinBelson", password: "hooli2016", institution: { id: "AU00000" } };
  await ask("POST", `/users/${user}/connections`, login, "2.1");
  const typesOf = async () => {
    const { json } = await ask("GET", `/events?filter=user.id.eq('${user}')`);
    const shape = z.object({ data: z.array(z.object({ entity: z.string(), eventType: z.string() })) });
    return shape
      .parse(json)
      .data.map(({ entity, eventType }) => `${entity}.${eventType}`)
      .toReversed();
  };
  await expect.poll(typesOf).toContain("transactions.updated");
  expect([...new Set(await typesOf())]).toEqual([
    "user.created",
    "consent.created",
    "connection.created",
    "connection.activated",
    "account.updated",
    "transactions.updated",
  ]);
  const consents = z.object({ data: z.array(z.object({ id: z.string(), status: z.string() })) });
  const listed = async () => consents.parse((await ask("GET", `/users/${user}/consents`)).json).data;
  const [consent] = await listed();
  expect((await ask("DELETE", `/users/${user}/consents/${consent?.id}`)).status).toBe(204);
  expect((await listed())[0]?.status).toBe("revoked");
  await ask("DELETE", `/users/${user}`);
  expect((await typesOf()).slice(-3)).toEqual(["consent.revoked", "connection.deleted", "user.deleted"]);
});
