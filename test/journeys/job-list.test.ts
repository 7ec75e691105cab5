import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { begun, connected, connectionOf, list, page, refresh } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

let backend: MobileBackend;
let another: MobileBackend;
let theirs: string;
/** The jobs of the user, newest first. */
const made: string[] = [];
const connectionsAt = new Map<string, string>();

beforeAll(async () => {
  [backend, another] = [new MobileBackend(reached()), new MobileBackend(reached())];
  for (const institutionId of [HOOLI, HOOLI_GOV]) {
    const jobId = await backend.startJob(institutionId, LOGINS.gavin);
    const connectionId = await connectionOf(backend, jobId);
    connectionsAt.set(institutionId, connectionId);
    made.unshift(jobId);
    const refreshing = begun(await refresh(backend, connectionId));
    await backend.untilOver(refreshing);
    made.unshift(refreshing);
  }
  made.unshift(await backend.startJob(PIED_PIPER, LOGINS.jared));
  await backend.untilAsked(made[0] ?? "");
  await backend.answer(made[0] ?? "", ["1234"]);
  await backend.untilOver(made[0] ?? "");
  theirs = await connected(another, HOOLI, LOGINS.gavin);
});

const listed = async (query: Record<string, string> = {}, by = backend) =>
  page(await list(by, query)).data.map(({ id }) => id);
const at = (institutionId: string) => connectionsAt.get(institutionId) ?? "";

test("shows every job of the user, newest first, and no other one", async () => {
  await expect.poll(() => listed()).toEqual(made);
  expect(await listed({}, another)).toHaveLength(1);
  expect(await listed({}, new MobileBackend(reached()))).toEqual([]);
});

test("shows each job as it is read alone, with its institution", async () => {
  const { type, size, data, links } = page(await list(backend));
  expect([type, size]).toEqual(["list", made.length]);
  expect(links).toEqual({ self: `${reached().apiUrl}/users/${backend.userId}/jobs` });
  const places = [PIED_PIPER, HOOLI_GOV, HOOLI_GOV, HOOLI, HOOLI];
  for (const [index, { institution, ...job }] of data.entries()) {
    expect(job).toEqual(await backend.job(job.id));
    const id = places[index];
    const self = `${reached().apiUrl}/institutions/${id}`;
    expect(institution).toEqual({ type: "institution", id, links: { self } });
  }
});

describe("a filter", () => {
  test("by connection leaves the jobs about it", async () => {
    const filter = `connection.id.eq('${at(HOOLI)}')`;
    const reply = page(await list(backend, { filter }));
    expect(reply.data.map(({ id }) => id)).toEqual(made.slice(3));
    expect(reply.size).toBe(2);
    expect(new URL(reply.links.self).searchParams.get("filter")).toBe(filter);
    expect(reply.links.next).toBeUndefined();
  });

  test("by institution leaves the jobs at it", async () => {
    expect(await listed({ filter: `institution.id.eq('${HOOLI_GOV}')` })).toEqual(made.slice(1, 3));
    expect(await listed({ filter: `institution.id.eq('${PIED_PIPER}')` })).toEqual(made.slice(0, 1));
    expect(await listed({ filter: "institution.id.eq('AU99999')" })).toEqual([]);
  });

  test("by both leaves what is both", async () => {
    const both = (institutionId: string) =>
      listed({ filter: `connection.id.eq('${at(HOOLI)}'),institution.id.eq('${institutionId}')` });
    expect(await both(HOOLI)).toEqual(made.slice(3));
    expect(await both(HOOLI_GOV)).toEqual([]);
  });

  test("by another user's connection, or none, leaves nothing", async () => {
    expect(await listed({ filter: `connection.id.eq('${theirs}')` })).toEqual([]);
    expect(await listed({ filter: `connection.id.eq('${randomUUID()}')` })).toEqual([]);
  });
});

test.each([
  ["filter", "connection"],
  ["filter", "connection.id.eq(x)"],
  ["filter", "connection.id.eq('')"],
  ["filter", "connection.id.eq('a b')"],
  ["filter", "user.id.eq('x')"],
  ["filter", "connection.id.eq('x'),"],
  ["filter", "connection.id.eq('x'),connection.id.eq('y')"],
  ["limit", "0"],
  ["limit", "501"],
  ["limit", "-1"],
  ["limit", "1.5"],
  ["limit", "many"],
  ["next", "there"],
  ["next", `2026-01-05T09:00:00.000Z_${"x".repeat(36)}`],
  ["next", `soon_${randomUUID()}`],
])("the %s '%s' is not valid", async (name, value) => {
  expect(refusal(await list(backend, { [name]: value }))).toEqual([400, "parameter-not-valid", [name]]);
});

test("the greatest limit is taken", async () => {
  expect(await listed({ limit: "500" })).toEqual(made);
});

test("takes the token of the user, and no other client's", async () => {
  const path = `/users/${backend.userId}/jobs`;
  const as = async (userId: string) => {
    const token = await backend.token({ scope: "CLIENT_ACCESS", userId });
    return backend.send("GET", path, { headers: { authorization: `Bearer ${token}` } });
  };
  expect(page(await as(backend.userId)).size).toBe(made.length);
  expect(refusal(await as("somebody-else"))).toEqual([401, "unauthorized-access", [undefined]]);
  expect(refusal(await backend.send("GET", path))).toEqual([401, "invalid-authorization-token", [undefined]]);
  expect(refusal(await backend.call("GET", "/users/a_b/jobs"))).toEqual([
    400,
    "parameter-not-valid",
    ["userId"],
  ]);
});
