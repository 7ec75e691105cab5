import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { begun, connected, connectionPath, list, page, update } from "./calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();
const newBackend = () => new MobileBackend(reached());
const NOT_FOUND = [404, "resource-not-found", [undefined]];

/** Every address in a reply. */
function linksIn(json: unknown): string[] {
  const { apiUrl, sandboxUrl } = reached();
  const texts = JSON.stringify(json).match(/"https?:[^"]+"/g) ?? [];
  expect(texts.filter((text) => text.includes(sandboxUrl))).toEqual([]);
  return texts.map((text) => text.slice(1, -1)).filter((link) => link.startsWith(apiUrl));
}

describe("a user's data", () => {
  test("is reached by the links of a job and of a connection, which lead to our API", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const job = page(await list(backend)).data[0];
    expect(job?.links.source).toBe(`${reached().apiUrl}${connectionPath(backend, connectionId)}`);
    const read = await backend.call("GET", connectionPath(backend, connectionId));
    expect([read.status, Reflect.get(Object(read.json), "id")]).toEqual([200, connectionId]);
    expect(linksIn(read.json)).toContain(job?.links.source);
  });

  test("is made and changed with the published replies", async () => {
    const backend = newBackend();
    const created = await backend.call("POST", "/users", { email: "gavin@hooli.com" });
    expect(created).toMatchObject({ status: 201, json: { type: "user", email: "gavin@hooli.com" } });
    const id = z.object({ id: z.string() }).parse(created.json).id;
    expect(linksIn(created.json)).toEqual([`${reached().apiUrl}/users/${id}`]);
    const changed = await backend.call("POST", `/users/${id}`, { mobile: "+61400000000" });
    expect(changed).toMatchObject({ status: 200, json: { id, mobile: "+61400000000" } });
  });

  test("is refused in the aggregator's words", async () => {
    const reply = await newBackend().call("POST", "/users", {});
    expect(reply).toMatchObject({ status: 400, json: { data: [{ code: "parameter-not-supplied" }] } });
    expect(refusal(await newBackend().call("GET", `/users/${randomUUID()}`))).toEqual(NOT_FOUND);
  });

  test("gets a 503 with Retry-After while the aggregator is down", async () => {
    const backend = newBackend();
    const path = `/users/${backend.userId}/accounts`;
    await backend.faults([{ method: "GET", path, times: 1, do: { status: 502, body: "<html>" } }]);
    const reply = await backend.call("GET", path);
    expect(refusal(reply)).toEqual([503, "service-unavailable", [undefined]]);
    expect(reply.headers.get("retry-after")).toBe("5");
  });
});

test("a deleted connection ends its job and can be made again, and the second deletion is a 404", async () => {
  const backend = newBackend();
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = begun(await update(backend, connectionId, LOGINS.gavin));
  const path = connectionPath(backend, connectionId);
  // Otherwise the aggregator would refuse the login for a connection that does not exist any more.
  await expect.poll(() => backend.upstreamCalls()).toContain(`POST ${path}`);
  expect((await backend.call("DELETE", path)).status).toBe(204);
  await backend.faults([]);
  expect((await backend.job(jobId)).steps[0]?.result).toMatchObject({ code: "job-cancelled" });
  expect(refusal(await backend.call("DELETE", path))).toEqual(NOT_FOUND);
  await connected(backend, HOOLI, LOGINS.gavin);
});

test("an erased user has no job and gets none, and the second erasure is a 404", async () => {
  const backend = newBackend();
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  const path = `/users/${backend.userId}`;
  expect((await backend.call("DELETE", path)).status).toBe(204);
  expect(refusal(await backend.readJob(jobId))).toEqual(NOT_FOUND);
  expect(page(await list(backend)).data).toEqual([]);
  expect(refusal(await backend.call("DELETE", path))).toEqual(NOT_FOUND);
  expect(refusal(await backend.connect(HOOLI, LOGINS.gavin))).toEqual(NOT_FOUND);
});

test("a list that anybody may read is compressed for a client that accepts that", async () => {
  const url = `${reached().apiUrl}/public/institutions`;
  const [packed, plain] = await Promise.all(
    ["gzip", "identity"].map((encoding) => fetch(url, { headers: { "accept-encoding": encoding } })),
  );
  expect([packed?.headers.get("content-encoding"), plain?.headers.get("content-encoding")]).toEqual([
    "gzip",
    null,
  ]);
  expect(await packed?.json()).toEqual(await plain?.json());
});
