import { expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../../functions/jobs/domain/errors.ts";
import { Secret } from "../../../../functions/jobs/domain/secret.ts";
import { hashOf } from "../../../../functions/links/domain/hashes.ts";
import { hasEnded } from "../../../../functions/links/domain/link.ts";
import {
  createLink,
  deleteLink,
  findLink,
  type ManageLinksDeps,
  type WantedLink,
} from "../../../../functions/links/use-cases/manage-links.ts";
import { fakePorts } from "../../../support/fake-ports.ts";
import { fakeCurrentLinks, fakeLinks } from "./fake-links.ts";

const USER = "ea3a81";
const WANTED: WantedLink = {
  mobile: undefined,
  action: null,
  institutionId: undefined,
  connectionId: undefined,
  returnUrl: undefined,
  state: undefined,
  minutes: undefined,
  confirmsDeletion: false,
};

function world(changes: Partial<Pick<ManageLinksDeps, "linkUpstream">> = {}) {
  const { clock, upstream, erasures } = fakePorts();
  let ids = 0;
  const deps = {
    clock,
    upstream,
    erasures,
    links: fakeLinks(clock),
    currentLinks: fakeCurrentLinks(clock),
    linkUpstream: { user: async () => ({ mobile: "+61 410 888 666" }), hasActiveConsent: async () => false },
    newLinkId: () => new Secret(`id ${++ids}`),
    connect: "consent-ui" as const,
    returnUrls: [],
    ...changes,
  };
  const living = () =>
    [...deps.links.rows.values()].filter((link) => !hasEnded(link)).map(({ hash }) => hash);
  const current = async () => (await deps.currentLinks.find(USER))?.hash;
  return { deps, living, current, create: (wanted = {}) => createLink(deps, USER, { ...WANTED, ...wanted }) };
}

test.each([
  [new UpstreamUnavailable({}), ""],
  [new UpstreamRefused(403, { code: "", title: "", detail: "" }), ""],
])("a link is made without the user's record, if the aggregator gives none: %o", async (error, mobile) => {
  const { create } = world({
    linkUpstream: { user: () => Promise.reject(error), hasActiveConsent: async () => true },
  });
  expect((await create()).mobile).toBe(mobile);
  expect((await create({ mobile: "0400 1" })).mobile).toBe("0400 1");
  await expect(create({ action: "extend" })).resolves.toBeDefined();
});

test("the row of a link has the end of the mobile, and not the link's id", async () => {
  const { deps, create } = world();
  const { id, hash, mobile } = await create();
  expect([mobile, hash]).toEqual(["+61 410 888 666", hashOf(id)]);
  expect(JSON.stringify([...deps.links.rows.values()])).not.toMatch(/id 1|888/);
  expect(await deps.links.find(hash)).toMatchObject({ mobileEnd: "666" });
});

test("of links that are made at once, one works in the end: the one that the user's row names", async () => {
  const { create, living, current } = world();
  const made = await Promise.allSettled(Array.from({ length: 5 }, () => create()));
  expect(made.some(({ status }) => status === "fulfilled")).toBe(true);
  expect(living()).toEqual([await current()]);
});

test.each(["end", "replace", "add"])(
  "a request that dies before '%s' leaves no link that works beside the next one",
  async (call) => {
    const { deps, create, living, current } = world();
    const first = await create();
    const dies = () => Promise.reject(new Error("Died."));
    const broken = {
      ...deps,
      links: { ...deps.links, ...(call !== "replace" && { [call]: dies }) },
      currentLinks: { ...deps.currentLinks, ...(call === "replace" && { replace: dies }) },
    };
    await expect(createLink(broken, USER, WANTED)).rejects.toThrow("Died.");
    expect(living()).toEqual(call === "end" ? [first.hash] : []);
    const next = await create();
    expect([living(), await current()]).toEqual([[next.hash], next.hash]);
    expect((await findLink(deps, USER)).id.reveal()).toBe(next.id.reveal());
  },
);

test("a user who is erased while a link is made has no link afterwards", async () => {
  const { deps, create, living } = world();
  const { replace } = deps.currentLinks;
  deps.currentLinks.replace = async (...given) => {
    const isMade = await replace(...given);
    // As the eraser does it.
    await deps.links.end({ hash: given[1].hash, endedAt: "2026-01-05T09:00:00.000Z" });
    await deps.currentLinks.remove(USER, given[1]);
    return isMade;
  };
  await expect(create()).rejects.toMatchObject({ problems: [{ reason: "service-unavailable" }] });
  expect(living()).toEqual([]);
});

test("a link whose row is gone is no link, and a deletion ends the link before it forgets it", async () => {
  const { deps, create, living } = world();
  const { hash } = await create();
  deps.links.rows.delete(hash);
  await expect(findLink(deps, USER)).rejects.toMatchObject({ problems: [{ reason: "auth-link-not-found" }] });
  await create();
  const broken = {
    ...deps,
    currentLinks: { ...deps.currentLinks, remove: () => Promise.reject(new Error("Died.")) },
  };
  await expect(deleteLink(broken, USER)).rejects.toThrow("Died.");
  expect(living()).toEqual([]);
  await deleteLink(deps, USER);
  await expect(deleteLink(deps, USER)).rejects.toMatchObject({
    problems: [{ reason: "auth-link-not-found" }],
  });
});
