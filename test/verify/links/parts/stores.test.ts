import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Clock } from "../../../../functions/jobs/domain/clock.ts";
import { Secret } from "../../../../functions/jobs/domain/secret.ts";
import { kmsSealer } from "../../../../functions/jobs/store/vault.ts";
import { hashOf } from "../../../../functions/links/domain/hashes.ts";
import type { Link } from "../../../../functions/links/domain/link.ts";
import type { CurrentLinks, Links, SealedLink } from "../../../../functions/links/domain/ports.ts";
import { dynamoCurrentLinks, dynamoOwnedLinks } from "../../../../functions/links/store/current-links.ts";
import { linkEraser } from "../../../../functions/links/store/link-eraser.ts";
import { dynamoLinks } from "../../../../functions/links/store/links.ts";
import { ownerOf, putRow } from "../../../../functions/platform/dynamo.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import { JOBS, localKms, localTables, loseReplies, SECRETS } from "../../../support/local-aws.ts";
import { fakeCurrentLinks, fakeLinks } from "./fake-links.ts";

const [tables, kms] = await Promise.all([localTables(), localKms()]);
afterAll(() => Promise.all([tables.close(), kms.close()]));

const DAY_MS = 24 * 3_600_000;
const HALF_HOUR = new Date(Date.parse(START) + 30 * 60_000).toISOString();

const LINKS: [string, (clock: Clock) => Links][] = [
  ["in memory", fakeLinks],
  ["on DynamoDB", (clock) => dynamoLinks(tables.client, JOBS, clock)],
];

const linkOf = (changes: Partial<Link> = {}): Link => ({
  hash: randomUUID(),
  userId: "ea3a81",
  action: null,
  mobileEnd: "",
  createdAt: START,
  validUntil: HALF_HOUR,
  jobIds: [],
  returns: [],
  version: 1,
  ...changes,
});

describe.each(LINKS)("a link %s", (_, make) => {
  test("is found as it was stored, with all fields and without those that are absent", async () => {
    const links = make(fakeClock());
    const whole = linkOf({
      action: "update",
      institutionId: "AU00000",
      connectionId: "c-1",
      returnUrl: "https://app.example/",
      state: "s",
      mobileEnd: "666",
      use: { browserHash: "h", sessionUntil: HALF_HOUR },
      jobIds: ["j-1"],
      returns: [{ nonce: "n", jobIds: ["j-1"], isCancelled: false }],
    });
    for (const link of [whole, linkOf()]) {
      expect(await links.find(link.hash)).toBeUndefined();
      expect(await links.add(link)).toBe(true);
      expect(await links.find(link.hash)).toEqual(link);
    }
  });

  test("is written by one of twelve at once", async () => {
    const links = make(fakeClock());
    const link = linkOf();
    await links.add(link);
    const writes = Array.from({ length: 12 }, (__, index) =>
      links.write({ ...link, jobIds: [`j-${index}`] }, link),
    );
    expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
    expect(await links.find(link.hash)).toMatchObject({ version: 2 });
  });

  test("that has ended is not written and not added again, and tells nothing but its end", async () => {
    const links = make(fakeClock());
    const link = linkOf();
    const ended = { hash: link.hash, endedAt: START };
    await links.add(link);
    await links.end(ended);
    expect(await links.write({ ...link, jobIds: ["j-1"] }, link)).toBe(false);
    expect(await links.add(link)).toBe(false);
    expect(await links.find(link.hash)).toEqual(ended);
    const early = linkOf();
    await links.end({ ...ended, hash: early.hash });
    expect(await links.add(early)).toBe(false);
  });

  test("is forgotten 7 days after its end or that of its session", async () => {
    const clock = fakeClock();
    const links = make(clock);
    const sessionUntil = new Date(Date.parse(HALF_HOUR) + DAY_MS).toISOString();
    const used = linkOf({ use: { browserHash: "h", sessionUntil } });
    const unused = linkOf();
    for (const link of [used, unused]) await links.add(link);
    clock.pass(7 * DAY_MS + 30 * 60_000 - 1000);
    expect(await links.find(unused.hash)).toEqual(unused);
    clock.pass(1000);
    expect([await links.find(unused.hash), await links.find(used.hash)]).toEqual([undefined, used]);
  });
});

test("a write whose reply is lost counts as made", async () => {
  const losses = { replies: 3 };
  const client = loseReplies(tables.newClient(), losses);
  const links = dynamoLinks(client, JOBS, fakeClock());
  const link = linkOf();
  expect(await links.add(link)).toBe(true);
  expect(await links.write({ ...link, jobIds: ["j-1"] }, link)).toBe(true);
  const current = dynamoCurrentLinks({ ...options(fakeClock()), client });
  expect(await current.replace(randomUUID(), sealed("id"), undefined)).toBe(true);
  expect(losses.replies).toBe(0);
});

const sealer = kmsSealer(kms.client, "sealing");
const options = (clock: Clock) => ({ client: tables.client, tableName: SECRETS, clock, sealer });
const CURRENT: [string, (clock: Clock) => CurrentLinks][] = [
  ["in memory", fakeCurrentLinks],
  ["on DynamoDB and KMS", (clock) => dynamoCurrentLinks(options(clock))],
];

const hashFor = (id: string) => hashOf(new Secret(id));
const sealed = (id: string): SealedLink => ({
  id: new Secret(id),
  hash: hashFor(id),
  mobile: "+61410888666",
  validUntil: HALF_HOUR,
});

describe.each(CURRENT)("the link of a user %s", (_, make) => {
  const shown = async (links: CurrentLinks, userId: string) => {
    const found = await links.reveal(userId);
    return found && [found.id.reveal(), found.mobile, found.hash];
  };

  test("is revealed as it was stored, and replaced by one of twelve at once", async () => {
    const links = make(fakeClock());
    const userId = randomUUID();
    expect([await links.find(userId), await links.reveal(userId)]).toEqual([undefined, undefined]);
    const ids = Array.from({ length: 12 }, (__, index) => `id ${index}`);
    const made = await Promise.all(ids.map((id) => links.replace(userId, sealed(id), undefined)));
    const winner = ids[made.indexOf(true)] ?? "";
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await shown(links, userId)).toEqual([winner, "+61410888666", hashFor(winner)]);
    const before = await links.find(userId);
    expect(before).toEqual({ hash: hashFor(winner), validUntil: HALF_HOUR });
    expect(await links.replace(userId, sealed("next"), before)).toBe(true);
    expect(await links.replace(userId, sealed("late"), before)).toBe(false);
    await links.remove(userId, { hash: "another" });
    expect((await links.find(userId))?.hash).toBe(hashFor("next"));
    await links.remove(userId, { hash: hashFor("next") });
    expect(await links.find(userId)).toBeUndefined();
  });

  test("is forgotten 7 days after its end, and then gives way to a new one", async () => {
    const clock = fakeClock();
    const links = make(clock);
    const userId = randomUUID();
    await links.replace(userId, sealed("old"), undefined);
    clock.pass(8 * DAY_MS);
    expect(await links.find(userId)).toBeUndefined();
    expect(await links.replace(userId, sealed("new"), undefined)).toBe(true);
  });
});

describe("the row of a user's link", () => {
  const owned = dynamoOwnedLinks(options(fakeClock()));

  test("names neither the user nor the id nor the mobile, and opens for no other user", async () => {
    const links = dynamoCurrentLinks(options(fakeClock()));
    const [userId, other] = [randomUUID(), randomUUID()];
    await links.replace(userId, sealed("secret-id"), undefined);
    const row = await owned.find(ownerOf(userId));
    const texts = [JSON.stringify(row), Buffer.from(row?.sealed ?? []).toString("latin1")].join();
    for (const text of [userId, "secret-id", "+61410888666"]) expect(texts).not.toContain(text);
    const moved = { linkHash: "h", validUntil: HALF_HOUR, sealed: row?.sealed };
    await putRow(tables.client, SECRETS, { jobId: `auth-link#${ownerOf(other)}`, purpose: "link", ...moved });
    expect(await links.reveal(other)).toBeUndefined();
  });

  test("is erased with the link, by the hash of the user, and again without harm", async () => {
    const clock = fakeClock();
    const links = dynamoLinks(tables.client, JOBS, clock);
    const current = dynamoCurrentLinks(options(clock));
    const userId = randomUUID();
    const next = { ...sealed("erased"), hash: randomUUID() };
    await current.replace(userId, next, undefined);
    await links.add(linkOf({ userId, hash: next.hash }));
    const eraser = linkEraser(links, owned, clock);
    for (let round = 0; round < 2; round++) await eraser.erase(ownerOf(userId));
    expect(await current.find(userId)).toBeUndefined();
    expect(await links.find(next.hash)).toEqual({ hash: next.hash, endedAt: START });
  });
});
