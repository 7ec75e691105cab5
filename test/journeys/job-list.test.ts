import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { begun, connected, connectionOf, list, page, refresh, succeeded } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

let backend: MobileBackend;
let another: MobileBackend;
/** A connection of the other user, older than all others. */
let theirs: string;
/** A connection of the user at HOOLI. */
let connectionId: string;
/** The jobs of the user, newest first: one at PIED_PIPER, two at HOOLI_GOV, two at HOOLI. */
const made: string[] = [];

beforeAll(async () => {
  [backend, another] = [new MobileBackend(reached()), new MobileBackend(reached())];
  theirs = await connected(another, HOOLI, LOGINS.gavin);
  for (const institutionId of [HOOLI_GOV, HOOLI]) {
    const jobId = await backend.startJob(institutionId, LOGINS.gavin);
    connectionId = await connectionOf(backend, jobId);
    const refreshing = begun(await refresh(backend, connectionId));
    await succeeded(backend, refreshing);
    made.push(refreshing, jobId);
  }
  // HOOLI came second, so its jobs are the newer ones.
  made.push(...made.splice(0, 2));
  made.unshift(await backend.startJob(PIED_PIPER, LOGINS.jared));
  await backend.untilAsked(made[0] ?? "");
  await backend.answer(made[0] ?? "", ["1234"]);
  await succeeded(backend, made[0] ?? "");
});

const listed = async (query: Record<string, string> = {}, by = backend) =>
  page(await list(by, query)).data.map(({ id }) => id);

test("a list has every job of the user, newest first, and no other job", async () => {
  await expect.poll(() => listed()).toEqual(made);
  expect(await listed({ limit: "500" })).toEqual(made);
  expect(await listed({}, another)).toHaveLength(1);
  expect(await listed({}, new MobileBackend(reached()))).toEqual([]);
});

test("a list shows each job as GET /jobs/{jobId} does, with its institution", async () => {
  const { type, size, data, links } = page(await list(backend));
  expect([type, size]).toEqual(["list", made.length]);
  expect(links).toEqual({ self: `${reached().apiUrl}/users/${backend.userId}/jobs` });
  const places = [PIED_PIPER, HOOLI, HOOLI, HOOLI_GOV, HOOLI_GOV];
  for (const [index, { institution, ...job }] of data.entries()) {
    expect(job).toEqual(await backend.job(job.id));
    const id = places[index];
    const self = `${reached().apiUrl}/institutions/${id}`;
    expect(institution).toEqual({ type: "institution", id, links: { self } });
  }
});

test("a filter by connection, by institution or by both leaves the jobs that match", async () => {
  const filter = `connection.id.eq('${connectionId}')`;
  const reply = page(await list(backend, { filter }));
  expect(reply.data.map(({ id }) => id)).toEqual(made.slice(1, 3));
  expect(reply.size).toBe(2);
  expect(new URL(reply.links.self).searchParams.get("filter")).toBe(filter);
  expect(reply.links.next).toBeUndefined();

  const at = (institutionId: string) => `institution.id.eq('${institutionId}')`;
  expect(await listed({ filter: at(HOOLI_GOV) })).toEqual(made.slice(3));
  expect(await listed({ filter: at(PIED_PIPER) })).toEqual(made.slice(0, 1));
  expect(await listed({ filter: at("AU99999") })).toEqual([]);
  expect(await listed({ filter: `${filter},${at(HOOLI)}` })).toEqual(made.slice(1, 3));
  expect(await listed({ filter: `${filter},${at(HOOLI_GOV)}` })).toEqual([]);
});

test("a filter by another user's connection leaves nothing, like one by an unknown connection", async () => {
  expect(await listed({ filter: `connection.id.eq('${theirs}')` })).toEqual([]);
  expect(await listed({ filter: `connection.id.eq('${randomUUID()}')` })).toEqual([]);
});

test.each([
  ["filter", "user.id.eq('x')"],
  ["limit", "0"],
  ["limit", "501"],
  ["next", `soon_${randomUUID()}`],
])("the %s '%s' is not valid", async (name, value) => {
  expect(refusal(await list(backend, { [name]: value }))).toEqual([400, "parameter-not-valid", [name]]);
});

/** Follows the links to the last page, and returns the ids of each page. */
async function follow(first: string): Promise<string[][]> {
  const pages: string[][] = [];
  const queryOf = (url: string) => Object.fromEntries(new URL(url).searchParams);
  for (let url: string | undefined = first; url !== undefined; ) {
    const { data, links, size } = page(await backend.call("GET", url.slice(reached().apiUrl.length)));
    expect(size).toBe(data.length);
    expect(queryOf(links.self)).toEqual(queryOf(url));
    pages.push(data.map(({ id }) => id));
    url = links.next;
  }
  return pages;
}

const start = (query: string) => `${reached().apiUrl}/users/${backend.userId}/jobs?${query}`;

test.each([
  [1, [1, 1, 1, 1, 1]],
  [2, [2, 2, 1]],
  [4, [4, 1]],
  [5, [5]],
  [6, [5]],
])("pages of %i have every job once", async (limit, lengths) => {
  const pages = await follow(start(`limit=${limit}`));
  expect(pages.flat()).toEqual(made);
  expect(pages.map(({ length }) => length)).toEqual(lengths);
});

test("a page with a filter is filled with the jobs that match", async () => {
  const filter = encodeURIComponent(`institution.id.eq('${HOOLI_GOV}')`);
  expect(await follow(start(`limit=1&filter=${filter}`))).toEqual(made.slice(3).map((id) => [id]));
});

test("a link to the next page of one user shows another user only their own jobs", async () => {
  const { links } = page(await list(backend, { limit: "3" }));
  const next = new URL(links.next ?? "").searchParams.get("next") ?? "";
  const own = await listed({}, another);
  expect(await listed({ next }, another)).toEqual(own);
});

test("the later pages do not change when a new job starts", async () => {
  const first = page(await list(backend, { limit: "3" }));
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await expect.poll(() => listed({ limit: "1" })).toEqual([jobId]);
  const rest = await follow(first.links.next ?? "");
  expect([...first.data.map(({ id }) => id), ...rest.flat()]).toEqual(made);
});
