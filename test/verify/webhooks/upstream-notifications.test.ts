import { createHash, randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import * as z from "zod";
import { EVENT_TYPES, isOfAggregator } from "../../../functions/events/domain/event-types.ts";
import { eventReply, tokenReply } from "../../../functions/http/reply-schemas.ts";
import { localTables } from "../../../infra/local/local-tables.ts";
import { runUpstreamWebhooks } from "../../../infra/upstream-webhooks/run-upstream-webhooks.ts";
import { begun, connectionPath, refresh } from "../../journeys/calls.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { AVIATO, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { madeElsewhere } from "../local-journeys/made-elsewhere.ts";

const FETCH_ENTRY = "functions/webhooks/upstream/fetch-events.lambda.ts";

/** The schedule fetches nothing: the tests fetch themselves, so that they know when. */
const system = localSystem(1, () => ({
  around: (entry, event, run) => (entry === FETCH_ENTRY ? Promise.resolve() : run(event)),
  settings: { upstreamVersion: "3.0", upstreamWebhookSecret: "upstream-webhook" },
}));

const newBackend = () => new MobileBackend(targetOf(system()));

const listOf = <Entry extends z.ZodType>(entry: Entry) => z.object({ data: z.array(entry) });
const webhookShape = z.object({ id: z.string(), url: z.string(), subscribedEvents: z.array(z.string()) });
const messageShape = z.object({
  id: z.string(),
  payload: z.object({ eventTypeId: z.string(), eventId: z.string() }),
  attempts: z.array(z.object({ responseStatusCode: z.number().optional() })),
});
const eventShape = z.object({ id: z.string(), eventType: z.string(), entity: z.string() });

/** Asks the sandbox as the aggregator's own client does. */
async function atSandbox(method: string, path: string): Promise<unknown> {
  const { sandboxUrl } = targetOf(system());
  const asked = { authorization: "Basic any", "basiq-version": "3.0" };
  const traded = await fetch(`${sandboxUrl}/token`, { method: "POST", headers: asked });
  const { access_token } = tokenReply.parse(await traded.json());
  const headers = { authorization: `Bearer ${access_token}` };
  return (await fetch(sandboxUrl + path, { method, headers })).json();
}

async function webhookId(): Promise<string> {
  const { data } = listOf(webhookShape).parse(await atSandbox("GET", "/notifications/webhooks"));
  return data[0]?.id ?? "";
}

/** Returns the statuses that the sandbox got for its messages about an event of a user, as soon as it sent so many. */
async function deliveries(eventId: string, count: number): Promise<(number | undefined)[]> {
  const path = `/notifications/webhooks/${await webhookId()}/messages`;
  let statuses: (number | undefined)[] = [];
  const wanted = z.object({ id: z.string(), payload: messageShape.shape.payload });
  await expect
    .poll(async () => {
      const { data } = listOf(wanted).parse(await atSandbox("GET", path));
      const ids = data.filter(({ payload }) => payload.eventId === eventId).map(({ id }) => id);
      const shown = await Promise.all(ids.map((id) => atSandbox("GET", `${path}/${id}`)));
      statuses = shown.flatMap((one) =>
        messageShape.parse(one).attempts.map(({ responseStatusCode }) => responseStatusCode),
      );
      return statuses.length;
    })
    .toBeGreaterThanOrEqual(count);
  return statuses;
}

/** Makes an event happen to the user at the aggregator, and returns its id. */
async function happens(backend: MobileBackend, what: Record<string, unknown>): Promise<string> {
  await backend.control("POST", `users/${backend.userId}/events`, what);
  const filter = encodeURIComponent(`user.id.eq('${backend.userId}')`);
  const { data } = listOf(eventShape).parse(await atSandbox("GET", `/events?filter=${filter}`));
  const event = data.find(({ entity, eventType }) => `${entity}.${eventType}` === what["type"]);
  return event?.id ?? "";
}

/** Fetches as the schedule does. The functions of local mode run in this process. */
async function fetchEvents(): Promise<void> {
  const { handler } = await import("../../../functions/webhooks/upstream/fetch-events.lambda.ts");
  await handler();
}

const oursOf = (upstreamEventId: string) =>
  createHash("sha256").update(`upstream ${upstreamEventId}`).digest("hex");

const isOurs = async (backend: MobileBackend, upstreamEventId: string) =>
  (await backend.call("GET", `/events/${oursOf(upstreamEventId)}`)).status === 200;

const ledger = z.object({ calls: z.array(z.object({ method: z.string(), path: z.string() })) });

/** How often we asked the aggregator for an event. */
async function fetches(backend: MobileBackend, eventId: string): Promise<number> {
  const { calls } = ledger.parse(await (await backend.control("GET", "ledger")).json());
  return calls.filter(({ path }) => path === `/events/${eventId}`).length;
}

test("local mode subscribes itself to the 15 published types, and an event of the aggregator becomes one of ours", async () => {
  const { data } = listOf(webhookShape).parse(await atSandbox("GET", "/notifications/webhooks"));
  const ours = EVENT_TYPES.filter(({ entity }) => isOfAggregator(entity));
  expect(data).toHaveLength(1);
  expect(data[0]?.url).toBe(`${system().apiUrl}/upstream/notifications`);
  expect(data[0]?.subscribedEvents).toEqual(ours.map(({ id }) => id));
  const backend = newBackend();
  const id = await happens(backend, { type: "connection.created", entityId: "C1" });
  expect(await deliveries(id, 1)).toEqual([204]);
  await fetchEvents();
  const event = eventReply.parse((await backend.call("GET", `/events/${oursOf(id)}`)).json);
  expect(event).toMatchObject({ entity: "connection", eventType: "created", userId: backend.userId });
  expect(event.dataRef).toBe(`${system().apiUrl}/users/${backend.userId}/connections/C1`);
  expect(await eventsUntil(backend, "created")).toContainEqual(event);
});

test("a message that comes twice is taken twice and counts once", async () => {
  const backend = newBackend();
  await backend.control("PUT", "notifications", [{ times: 1, twice: true }]);
  const id = await happens(backend, { type: "user.updated" });
  expect(await deliveries(id, 2)).toEqual([204, 204]);
  await fetchEvents();
  await fetchEvents();
  expect(await isOurs(backend, id)).toBe(true);
  // The sandbox's own list was asked by the test; the event itself by nobody but us.
  expect(await fetches(backend, id)).toBe(1);
});

test.each([
  ["is signed with another secret", { forged: true }],
  ["was signed 10 minutes ago", { old: true }],
])("a message that %s is refused, and nothing is asked or stored", async (_, lie) => {
  const backend = newBackend();
  await backend.control("PUT", "notifications", [{ times: 1, ...lie }]);
  const id = await happens(backend, { type: "user.updated" });
  expect((await deliveries(id, 1))[0]).toBe(401);
  await fetchEvents();
  expect([await isOurs(backend, id), await fetches(backend, id)]).toEqual([false, 0]);
});

test("messages that come late or in another order bring the same events in the end", async () => {
  const backend = newBackend();
  await backend.control("PUT", "notifications", [
    { times: 3, reversed: true },
    { times: 1, lateMs: 300 },
  ]);
  const types = ["user.updated", "connection.activated", "transactions.updated", "account.updated"];
  const ids: string[] = [];
  for (const type of types) ids.push(await happens(backend, { type }));
  for (const id of ids) expect(await deliveries(id, 1)).toEqual([204]);
  await fetchEvents();
  for (const id of ids) expect(await isOurs(backend, id)).toBe(true);
});

test("a message that is lost changes nothing, and one about an event that the aggregator does not have is taken and not believed", async () => {
  const backend = newBackend();
  await backend.control("PUT", "notifications", [{ times: 1, lost: true }]);
  const lost = await happens(backend, { type: "user.updated" });
  const connectionId = await madeElsewhere(backend, PIED_PIPER);
  const jobId = begun(await refresh(backend, connectionId));
  await backend.untilAsked(jobId);
  const forced = { type: "consent.revoked", isStored: false };
  const reply = await backend.control("POST", `users/${backend.userId}/events`, forced);
  const { id } = z.object({ id: z.string() }).parse(await reply.json());
  expect(await deliveries(id, 1)).toEqual([204]);
  await fetchEvents();
  expect([await isOurs(backend, lost), await isOurs(backend, id)]).toEqual([false, false]);
  expect(await fetches(backend, id)).toBe(1);
  expect((await backend.job(jobId)).steps.some(({ status }) => status === "failed")).toBe(false);
});

test("an event that cannot be fetched is fetched by a later sweep", async () => {
  const backend = newBackend();
  const id = await happens(backend, { type: "user.updated" });
  expect(await deliveries(id, 1)).toEqual([204]);
  const failing = { method: "GET", path: `/events/${id}`, times: 2, do: { status: 500 } };
  await backend.faults([failing]);
  await fetchEvents();
  expect(await isOurs(backend, id)).toBe(false);
  await fetchEvents();
  expect(await isOurs(backend, id)).toBe(true);
});

test("a consent that is revoked ends the job of the connection that went with it, and no other", async () => {
  const backend = newBackend();
  const stranger = newBackend();
  const asked = async (user: MobileBackend, institutionId: string) => {
    const connectionId = await madeElsewhere(user, institutionId);
    const jobId = begun(await refresh(user, connectionId));
    await user.untilAsked(jobId);
    return { connectionId, jobId };
  };
  const gone = await asked(backend, PIED_PIPER);
  const left = await asked(backend, AVIATO);
  const others = await asked(stranger, PIED_PIPER);
  const id = await happens(backend, { type: "consent.revoked", connectionIds: [gone.connectionId] });
  expect(await deliveries(id, 1)).toEqual([204]);
  await fetchEvents();
  const codeOf = async (user: MobileBackend, jobId: string) => {
    const failed = (await user.job(jobId)).steps.find(({ status }) => status === "failed");
    return z.object({ code: z.string() }).safeParse(failed?.result).data?.code;
  };
  expect(await codeOf(backend, gone.jobId)).toBe("job-cancelled");
  expect(await codeOf(backend, left.jobId)).toBeUndefined();
  expect(await codeOf(stranger, others.jobId)).toBeUndefined();
  expect((await backend.call("GET", connectionPath(backend, left.connectionId))).status).toBe(200);
  const ended = eventReply.parse((await backend.call("GET", `/events/${oursOf(id)}`)).json);
  expect(ended.dataRef).toBe(`${system().apiUrl}/users/${backend.userId}`);
});

test("a message without its headers, with an odd id or with too long a body is refused in the published shape", async () => {
  const backend = newBackend();
  const post = (headers: Record<string, string>, body: string) =>
    backend.send("POST", "/upstream/notifications", {
      headers: { "content-type": "application/json", ...headers },
      body,
    });
  const body = JSON.stringify({ eventTypeId: "user.updated", eventId: randomUUID() });
  const signed = (id: string) => ({
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
    "webhook-signature": new Webhook(`whsec_${"A".repeat(44)}`).sign(id, new Date(), body),
  });
  const unauthorized = [401, "unauthorized-access", [undefined]];
  expect(refusal(await post({}, body))).toEqual(unauthorized);
  expect(refusal(await post(signed("a/b"), body))).toEqual(unauthorized);
  expect(refusal(await post(signed(randomUUID()), "x".repeat(64 * 1024)))).toEqual(unauthorized);
  expect(refusal(await post({}, "x".repeat(64 * 1024 + 1)))).toEqual([413, "invalid-content", [undefined]]);
});

test("the program shows the webhook and its messages, subscribes again without a second webhook, and prints no secret", async () => {
  const { apiUrl } = system();
  const backend = newBackend();
  const run = (...args: string[]) => runUpstreamWebhooks([...args, "--local", apiUrl], {});
  const before = await webhookId();
  const again = await run("subscribe");
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(again.stdout).toContain(`as the webhook ${before}.`);
  const id = await happens(backend, { type: "user.updated" });
  expect(await deliveries(id, 1)).toEqual([204]);
  const shown = await run("status");
  expect(shown.stdout).toMatch(
    new RegExp(`^${before} {2}active {2}.*15 event types\n.* 204 {2}user.updated {2}${id} `),
  );
  const { upstream } = localTables.parse(await (await fetch(`${apiUrl}/_local`)).json());
  expect(upstream?.webhookSecret).toBe("upstream-webhook");
  expect(`${again.stdout}${shown.stdout}`).not.toMatch(/whsec_|[A-Za-z0-9+/]{43}=/);
});
