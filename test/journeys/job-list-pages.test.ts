import { beforeAll, expect, test, vi } from "vitest";
import { list, page } from "./calls.ts";
import { AVIATO, HOOLI, HOOLI_GOV, LOGINS, NUCLEUS, PIED_PIPER, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

const LOGIN = {
  ...LOGINS.jared,
  userToken: "token:PTln18RhwL",
  securityCode: "4321",
  secondaryLoginId: "second",
};
const INSTITUTIONS = [HOOLI, PIED_PIPER, NUCLEUS, HOOLI_GOV, AVIATO, RAVIGA, TOKEN_BANK];

let backend: MobileBackend;
/** Newest first. */
let all: string[];
let another: MobileBackend;
let theirs: string;

beforeAll(async () => {
  [backend, another] = [new MobileBackend(reached()), new MobileBackend(reached())];
  theirs = await another.startJob(HOOLI, LOGINS.gavin);
  await backend.token();
  // At once, so that some of them are of one age.
  await Promise.all(INSTITUTIONS.map((id) => backend.startJob(id, LOGIN)));
  all = await vi.waitFor(async () => {
    const { data } = page(await list(backend));
    expect(data).toHaveLength(INSTITUTIONS.length);
    return data.map(({ id }) => id);
  });
});

/** Follows the links to the end: the ids of each page. */
async function follow(first: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let url: string | undefined = first; url !== undefined; ) {
    const { data, links, size } = page(await backend.call("GET", url.slice(reached().apiUrl.length)));
    expect(size).toBe(data.length);
    expect(searchOf(links.self)).toEqual(searchOf(url));
    pages.push(data.map(({ id }) => id));
    url = links.next;
  }
  return pages;
}

function searchOf(url: string): { [name: string]: string } {
  return Object.fromEntries(new URL(url).searchParams);
}

const start = (query: string) => `${reached().apiUrl}/users/${backend.userId}/jobs?${query}`;

test.each([1, 2, 3, 6])("pages of %i lose nothing and double nothing", async (limit) => {
  const pages = await follow(start(`limit=${limit}`));
  expect(pages.flat()).toEqual(all);
  expect(pages.map(({ length }) => length)).toEqual(
    Array.from({ length: Math.ceil(7 / limit) }, (_, index) => Math.min(limit, 7 - index * limit)),
  );
});

test.each([7, 8, 500])("a page of up to %i is the only one", async (limit) => {
  expect(await follow(start(`limit=${limit}`))).toEqual([all]);
});

test("a page is of what the filter leaves", async () => {
  const filter = encodeURIComponent(`institution.id.eq('${RAVIGA}')`);
  const pages = await follow(start(`limit=1&filter=${filter}`));
  expect(pages.flat()).toHaveLength(1);
  expect(all).toContain(pages.flat()[0]);
});

test("jobs that are made meanwhile do not disturb the pages that are left", async () => {
  const first = page(await list(backend, { limit: "3" }));
  const [running] = page(await list(backend, { filter: `institution.id.eq('${HOOLI}')` })).data;
  await backend.untilOver(running?.id ?? "");
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  const rest = await follow(first.links.next ?? "");
  expect([...first.data.map(({ id }) => id), ...rest.flat()]).toEqual(all);
  await expect.poll(async () => page(await list(backend, { limit: "1" })).data[0]?.id).toBe(jobId);
});

test("a link of one user leads another one through their own jobs only", async () => {
  const { links } = page(await list(backend, { limit: "3" }));
  const next = new URL(links.next ?? "").searchParams.get("next") ?? "";
  await expect.poll(async () => page(await list(another)).data.map(({ id }) => id)).toEqual([theirs]);
  expect(page(await list(another, { next })).data.map(({ id }) => id)).toEqual([theirs]);
});
