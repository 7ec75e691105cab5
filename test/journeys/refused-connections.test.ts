import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, connectionPath, refresh, update } from "./calls.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import { type HttpReply, MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

const NOT_FOUND = [404, "resource-not-found", [undefined]];

const calls: [string, (backend: MobileBackend, connectionId: string) => Promise<HttpReply>, string][] = [
  ["a refresh", refresh, "/refresh"],
  ["an update", (backend, connectionId) => update(backend, connectionId, LOGINS.gavin), ""],
];

test.each(calls)("%s of another user's connection, and of none, are the same refusal", async (_, call) => {
  const [owner, stranger] = [new MobileBackend(reached()), new MobileBackend(reached())];
  const connectionId = await connected(owner, HOOLI, LOGINS.gavin);
  const replies = await Promise.all([
    call(stranger, connectionId),
    call(stranger, randomUUID()),
    call(owner, randomUUID()),
    call(stranger, "no.id"),
  ]);
  for (const reply of replies) expect(refusal(reply)).toEqual(NOT_FOUND);
  const bodies = replies.map(({ json }) => ({ ...errorReply.parse(json), correlationId: "" }));
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  expect((await stranger.upstreamCalls()).filter((made) => made.startsWith("POST"))).toEqual([]);
});

test.each(calls)("%s takes the token of its user, and no other client's", async (_, call, ending) => {
  const owner = new MobileBackend(reached());
  const connectionId = await connected(owner, HOOLI, LOGINS.gavin);
  const path = `${connectionPath(owner, connectionId)}${ending}`;
  const as = async (headers: Record<string, string>) =>
    owner.send("POST", path, {
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(LOGINS.gavin),
    });
  const bearer = async (userId: string) => ({
    authorization: `Bearer ${await owner.token({ scope: "CLIENT_ACCESS", userId })}`,
  });
  expect(refusal(await as({}))).toEqual([401, "invalid-authorization-token", [undefined]]);
  expect(refusal(await as(await bearer("somebody-else")))).toEqual([401, "unauthorized-access", [undefined]]);
  const job = await owner.untilOver(begun(await as(await bearer(owner.userId))));
  expect(job.links.source).toBe(`${reached().apiUrl}${connectionPath(owner, connectionId)}`);
  expect((await call(owner, connectionId)).status).toBe(202);
});

test.each(calls)(
  "%s of a connection that nobody here knows is put off while upstream is down",
  async (_, call) => {
    const backend = new MobileBackend(reached());
    await backend.faults([{ method: "GET", path: "/users/*/connections/*", times: 2, do: { status: 503 } }]);
    const reply = await call(backend, randomUUID());
    expect(refusal(reply)).toEqual([503, "service-unavailable", [undefined]]);
    expect(reply.headers.get("retry-after")).toBe("5");
    expect(refusal(await call(backend, randomUUID()))).toEqual(NOT_FOUND);
  },
);
