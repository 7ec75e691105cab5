import { beforeAll, expect, test } from "vitest";
import {
  testMessagesReply,
  webhookListReply,
  webhookMessageListReply,
  webhookMessageReply,
  webhookReply,
  webhookWithSecretReply,
} from "../../functions/http/reply-schemas.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const WEBHOOKS = "/notifications/webhooks";
const TEST = "/notifications/messages/test";
/** No receiver has this name: nothing leaves the machine. */
const URL = "https://receiver.invalid/jobs";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

const reached = target();
let backend: MobileBackend;
beforeAll(() => {
  backend = new MobileBackend(reached());
});

const pathOf = ({ id }: { id: string }) => `${WEBHOOKS}/${id}`;
const list = async () => webhookListReply.parse((await backend.call("GET", WEBHOOKS)).json);

async function create(body: object = {}) {
  const { status, json } = await backend.call("POST", WEBHOOKS, { url: URL, ...body });
  expect(status).toBe(201);
  return webhookWithSecretReply.parse(json);
}

test("a webhook is created, listed, changed, given a new secret and deleted, and only two replies show a secret", async () => {
  const { secret, ...created } = await create({ name: "Jobs", subscribedEvents: "job.succeeded" });
  const defaults = { status: "active", payload: "thin", ordering: "none" };
  expect(created).toMatchObject({ ...defaults, name: "Jobs", subscribedEvents: ["job.succeeded"] });
  expect(await list()).toMatchObject({ size: 1, count: 1, data: [created] });
  expect((await backend.call("GET", pathOf(created))).json).toEqual(created);

  const changes = { url: `${URL}/new`, subscribedEvents: null, ordering: "job" };
  const changed = webhookReply.parse((await backend.call("POST", pathOf(created), changes)).json);
  expect(changed).toMatchObject({ name: "Jobs", url: `${URL}/new`, ordering: "job" });
  expect(changed.subscribedEvents).toContain("webhook.failing");

  const { json } = await backend.call("POST", `${pathOf(created)}/secret`, { overlapSeconds: 0 });
  const rotated = webhookWithSecretReply.parse(json);
  expect(rotated).toEqual({ ...changed, secret: expect.not.stringContaining(secret) });

  expect(await backend.call("DELETE", pathOf(created))).toMatchObject({ status: 204, json: undefined });
  expect(refusal(await backend.call("GET", pathOf(created)))[0]).toBe(404);
  expect((await list()).data).toEqual([]);
});

test("a test message goes to the webhooks of its type, and is found by its link and in pages", async () => {
  const webhook = await create({ subscribedEvents: ["job.failed"] });
  const other = await create({ url: `${URL}/other`, subscribedEvents: ["job.created"] });
  const ids: string[] = [];
  for (const text of ["one", "two", "three"]) {
    const { status, json } = await backend.call("POST", TEST, { eventTypeId: "job.failed", Text: text });
    const { data } = testMessagesReply.parse(json);
    expect([status, data.length, data[0]?.webhookId]).toEqual([201, 1, webhook.id]);
    expect(data[0]?.payload).toMatchObject({ eventTypeId: "job.failed", Text: text });
    ids.unshift(data[0]?.id ?? "");
  }
  const seen: string[] = [];
  let path: string | undefined = `${pathOf(webhook)}/messages?limit=2&filter=eventTypeId.eq('job.failed')`;
  while (path !== undefined) {
    const { data, links } = webhookMessageListReply.parse((await backend.call("GET", path)).json);
    seen.push(...data.map(({ id }) => id));
    path = links.next?.slice(reached().apiUrl.length);
  }
  expect(seen.toSorted()).toEqual(ids.toSorted());

  const message = `${pathOf(webhook)}/messages/${ids[0]}`;
  const read = webhookMessageReply.parse((await backend.call("GET", message)).json);
  expect(read.links.self).toBe(`${reached().apiUrl}${message}`);
  expect((await backend.call("POST", `${message}/resend`)).status).toBe(202);
  expect(refusal(await backend.call("GET", `${pathOf(other)}/messages/${ids[0]}`))[0]).toBe(404);
  for (const each of [webhook, other]) await backend.call("DELETE", pathOf(each));
});

test("what a webhook must not be is refused, and the refusal names the field and repeats no input", async () => {
  const wrong: [body: object, fields: string[]][] = [
    [{ url: undefined, name: "n".repeat(101) }, ["name", "url"]],
    [{ url: 1 }, ["url"]],
    [{ description: "d".repeat(501) }, ["description"]],
    [{ subscribedEvents: ["job.created", "job.hunter2"] }, ["subscribedEvents"]],
    [{ subscribedEvents: [] }, ["subscribedEvents"]],
    [{ payload: "hunter2" }, ["payload"]],
    [{ ordering: true }, ["ordering"]],
  ];
  for (const [body, fields] of wrong) {
    const reply = await backend.call("POST", WEBHOOKS, { url: URL, ...body });
    expect(refusal(reply), JSON.stringify(body)).toEqual([400, "invalid-content", fields]);
    expect(JSON.stringify(reply.json)).not.toContain("hunter2");
  }
  expect((await list()).data).toEqual([]);
});

test("a URL that another webhook has, and an eleventh webhook, are conflicts", async () => {
  const first = await create();
  const same = { url: URL.toUpperCase().replace("/JOBS", "/jobs") };
  expect(refusal(await backend.call("POST", WEBHOOKS, same)).slice(0, 2)).toEqual([
    409,
    "resource-already-exists",
  ]);
  const all = [first];
  while (all.length < 10) all.push(await create({ url: `${URL}/${all.length}` }));
  const eleventh = { url: `${URL}/10` };
  expect(refusal(await backend.call("POST", WEBHOOKS, eleventh)).slice(0, 2)).toEqual([
    409,
    "too-many-webhooks",
  ]);
  const taken = await backend.call("POST", pathOf(all[1] ?? first), { url: URL });
  expect(refusal(taken).slice(0, 2)).toEqual([409, "resource-already-exists"]);
  for (const each of all) await backend.call("DELETE", pathOf(each));
  await backend.call("DELETE", pathOf(await create()));
});

test("ids, queries and bodies that are not valid are refused as published", async () => {
  const webhook = await create({ subscribedEvents: ["job.failed"] });
  const path = pathOf(webhook);
  const period = { from: "2026-01-05T09:00:00Z", to: "2026-01-05T10:00:00Z" };
  const calls: [method: string, path: string, body: object | undefined, expected: unknown[]][] = [
    ["GET", `${WEBHOOKS}/hunter2`, undefined, [400, "path-parameter-not-valid", ["webhookId"]]],
    ["GET", `${WEBHOOKS}/${UNKNOWN}`, undefined, [404, "resource-not-found", [undefined]]],
    ["GET", `${path}/messages/hunter2`, undefined, [404, "resource-not-found", [undefined]]],
    ["GET", `${path}/messages?limit=501`, undefined, [400, "parameter-not-valid", ["limit"]]],
    ["GET", `${path}/messages?from=${UNKNOWN}`, undefined, [400, "parameter-not-valid", ["from"]]],
    [
      "GET",
      `${path}/messages?filter=status.gt('failed')`,
      undefined,
      [400, "parameter-not-valid", ["filter"]],
    ],
    ["POST", `${path}/secret`, { overlapSeconds: 604_801 }, [400, "invalid-content", ["overlapSeconds"]]],
    ["POST", `${path}/replay`, { ...period, to: period.from }, [400, "invalid-content", ["to"]]],
    ["POST", `${path}/replay`, { ...period, only: "some" }, [400, "invalid-content", ["only"]]],
    ["POST", `${path}/replay`, { ...period, after: UNKNOWN }, [400, "parameter-not-valid", ["after"]]],
    ["POST", TEST, { eventTypeId: "job.hunter2" }, [400, "invalid-content", ["eventTypeId"]]],
    ["POST", TEST, { eventTypeId: "job.created" }, [400, "no-webhooks-found", [undefined]]],
  ];
  for (const [method, asked, body, expected] of calls) {
    const reply = await backend.call(method, asked, body);
    expect(refusal(reply), asked).toEqual(expected);
    expect(JSON.stringify(reply.json)).not.toContain("hunter2");
  }
  await backend.call("DELETE", path);
});

test("nothing is sent again to a webhook that its owner has disabled, until it is enabled", async () => {
  const webhook = await create({ subscribedEvents: ["job.failed"] });
  const { json } = await backend.call("POST", TEST, { eventTypeId: "job.failed" });
  const message = `${pathOf(webhook)}/messages/${testMessagesReply.parse(json).data[0]?.id}`;
  const setStatus = (status: string) => backend.call("POST", pathOf(webhook), { url: URL, status });
  expect(webhookReply.parse((await setStatus("disabled")).json).status).toBe("disabled");
  expect(refusal(await backend.call("POST", `${message}/resend`)).slice(0, 2)).toEqual([
    409,
    "webhook-disabled",
  ]);
  expect(refusal(await backend.call("POST", TEST, { eventTypeId: "job.failed" }))[1]).toBe(
    "no-webhooks-found",
  );
  expect(webhookReply.parse((await setStatus("active")).json).status).toBe("active");
  expect((await backend.call("POST", `${message}/resend`)).status).toBe(202);
  await backend.call("DELETE", pathOf(webhook));
});
