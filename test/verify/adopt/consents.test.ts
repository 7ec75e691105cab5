import { expect, test } from "vitest";
import * as z from "zod";
import { begun, connectionPath, list, page, refresh, succeeded } from "../../journeys/calls.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { AVIATO, HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend, statuses, stepOf } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { rowsOfAll } from "../support/tables.ts";
import { adoptAll, Elsewhere } from "./elsewhere.ts";

/** Version 3.0, where the aggregator's Consent UI connects banks. A minute of the schedules lasts 6 s, and a challenge 12 s. */
const system = localSystem(10, () => ({
  settings: { upstreamVersion: "3.0", upstreamWebhookSecret: "upstream-webhook" },
}));

function start() {
  const backend = new MobileBackend(targetOf(system()));
  return { backend, elsewhere: new Elsewhere(backend) };
}

const listed = z.object({ data: z.array(z.object({ id: z.string(), status: z.string() })) });

const consentsPath = ({ userId }: MobileBackend) => `/users/${userId}/consents`;

async function consents(backend: MobileBackend) {
  const { status, json } = await backend.call("GET", consentsPath(backend));
  expect(status).toBe(200);
  return listed.parse(json).data;
}

/** A connection that the user has made elsewhere. */
async function connectionAt(elsewhere: Elsewhere, backend: MobileBackend, institutionId: string) {
  await elsewhere.connect(institutionId, LOGINS.jared);
  const { json } = await backend.call("GET", `/users/${backend.userId}/connections`);
  return listed.parse(json).data.at(-1)?.id ?? "";
}

async function codeOf(backend: MobileBackend, jobId: string) {
  const { steps } = await backend.job(jobId);
  const failed = steps.find(({ status }) => status === "failed");
  return z.object({ code: z.string() }).safeParse(failed?.result).data?.code;
}

test("a deleted consent takes its connections, whose jobs end, and whose secrets are destroyed", async () => {
  const { backend, elsewhere } = start();
  const other = start();
  const connectionId = await connectionAt(elsewhere, backend, PIED_PIPER);
  const jobId = begun(await refresh(backend, connectionId));
  const theirs = begun(
    await refresh(other.backend, await connectionAt(other.elsewhere, other.backend, PIED_PIPER)),
  );
  await backend.untilAsked(jobId);
  const [{ id = "", status } = {}] = await consents(backend);
  expect(status).toBe("active");
  const path = `${consentsPath(backend)}/${id}`;
  expect((await backend.call("DELETE", path)).status).toBe(204);
  expect(await codeOf(backend, jobId)).toBe("job-cancelled");
  expect(await codeOf(other.backend, theirs), "the job of another user goes on").toBeUndefined();
  expect(stepOf((await backend.job(jobId)).steps, "mfa-challenge")?.result).not.toHaveProperty("input");
  expect((await eventsUntil(backend, "cancelled")).some(({ entity }) => entity === "job")).toBe(true);
  const secrets = (await rowsOfAll()).filter((row) => JSON.stringify(row).includes(`"${jobId}"`));
  expect(JSON.stringify(secrets)).not.toContain("sealed");
  expect((await backend.call("GET", connectionPath(backend, connectionId))).status).toBe(404);
  expect((await refresh(backend, connectionId)).status).not.toBe(200);
  expect((await consents(backend)).map((consent) => consent.status)).toEqual(["revoked"]);
  expect((await backend.call("DELETE", path)).status, "it is gone").toBe(404);
});

test("the end of a consent also ends a job that was adopted", async () => {
  const { backend, elsewhere } = start();
  const upstreamJobId = await elsewhere.connect(AVIATO, LOGINS.jared);
  const reply = await adoptAll(backend, [upstreamJobId]);
  const { data } = z.object({ data: z.tuple([z.object({ id: z.string() })]) }).parse(reply.json);
  await backend.untilAsked(data[0].id);
  const [{ id = "" } = {}] = await consents(backend);
  expect((await backend.call("DELETE", `${consentsPath(backend)}/${id}`)).status).toBe(204);
  expect(await codeOf(backend, data[0].id)).toBe("job-cancelled");
});

test("only a server reads and deletes consents", async () => {
  const { backend } = start();
  const token = await backend.token({ scope: "CLIENT_ACCESS", userId: backend.userId });
  const client = new MobileBackend(backend.target, backend.userId, token);
  expect((await client.call("GET", consentsPath(backend))).status).toBe(403);
  expect((await client.call("DELETE", `${consentsPath(backend)}/c-1`)).status).toBe(403);
});

test("a job whose user never came back is found by the aggregator's webhook, and takes an answer", async () => {
  const { backend, elsewhere } = start();
  await elsewhere.connect(HOOLI, LOGINS.gavin);
  await expect.poll(async () => page(await list(backend)).size).toBe(1);
  const [{ id = "" } = {}] = page(await list(backend)).data;
  const { links, steps } = await succeeded(backend, id);
  expect(statuses(steps)).toContain("retrieve-transactions: success");
  expect(links.source).toContain(`/users/${backend.userId}/connections/`);
  const events = await eventsUntil(backend, "succeeded");
  expect(events.filter(({ entity }) => entity === "job")[0]?.eventType).toBe("created");
});

test("a refresh of ours is not found a second time", async () => {
  const { backend, elsewhere } = start();
  await elsewhere.connect(HOOLI, LOGINS.gavin);
  await expect.poll(async () => page(await list(backend)).size).toBe(1);
  const [adopted] = page(await list(backend)).data;
  const { links } = await succeeded(backend, adopted?.id ?? "");
  const connectionId = links.source?.split("/").at(-1) ?? "";
  const refreshed = begun(await refresh(backend, connectionId));
  await succeeded(backend, refreshed);
  await elsewhere.connect(AVIATO, LOGINS.gavin);
  await expect.poll(async () => page(await list(backend)).size).toBe(3);
  const kinds = page(await list(backend)).data.map(({ institution }) => institution.id);
  expect(kinds).toEqual([AVIATO, HOOLI, HOOLI]);
});
