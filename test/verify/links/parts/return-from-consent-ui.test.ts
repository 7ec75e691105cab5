import { expect, test } from "vitest";
import { Secret } from "../../../../functions/jobs/domain/secret.ts";
import { stateOf } from "../../../../functions/links/domain/consent-ui.ts";
import { hashOf } from "../../../../functions/links/domain/hashes.ts";
import type { Link } from "../../../../functions/links/domain/link.ts";
import { sessionCookieValue, sessionOf } from "../../../../functions/links/domain/session.ts";
import { pressed } from "../../../../functions/links/domain/use-link.ts";
import { newRandom } from "../../../../functions/links/store/random.ts";
import { returnFromConsentUi } from "../../../../functions/links/use-cases/return-from-consent-ui.ts";
import { fakeClock, START } from "../../../support/fake-clock.ts";
import { followingJob } from "../../../support/job-examples.ts";
import { fakeLinks } from "./fake-links.ts";

const HASH = hashOf(new Secret("id"));

/** A person who comes back from the Consent UI. `meanwhile` happens while the person's jobs are adopted. */
async function world(meanwhile: () => Promise<void> = async () => {}) {
  const clock = fakeClock();
  const links = fakeLinks(clock);
  const key = { linkHash: HASH, browser: newRandom(32) };
  const made: Link = {
    hash: HASH,
    userId: "ea3a81",
    action: null,
    mobileEnd: "",
    createdAt: START,
    validUntil: clock.after(1_800_000).toISOString(),
    jobIds: [],
    returns: [],
    version: 1,
  };
  const link = pressed(made, key.browser, clock.after(3_600_000));
  await links.add(link);
  const deps = {
    clock,
    links,
    jobs: { find: async (id: string) => followingJob({ id }) },
    async adopt(_: string, ids: readonly string[]) {
      await meanwhile();
      return ids.map((id) => followingJob({ id: `ours of ${id}` }));
    },
  };
  const cookie = sessionCookieValue(key).reveal();
  const state = stateOf(sessionOf(link, key, clock.now()).session, key, newRandom(16)).reveal();
  const comeBack = async (...upstreamJobIds: string[]) => {
    const { jobs } = await returnFromConsentUi(deps, { cookie, state, upstreamJobIds });
    return jobs.map(({ id }) => id);
  };
  return { links, comeBack };
}

test("of two ways back with one state, the jobs of the first one count", async () => {
  const { links, comeBack } = await world();
  const ofFirst = { status: "fulfilled", value: ["ours of 1"] };
  expect(await Promise.allSettled([comeBack("1"), comeBack("2")])).toEqual([ofFirst, ofFirst]);
  expect(await links.find(HASH)).toMatchObject({ jobIds: ["ours of 1"], returns: [{}] });
});

test("a link that ends while jobs are adopted stays over, and shows no jobs", async () => {
  const ended = { hash: HASH, endedAt: START };
  const { links, comeBack } = await world(() => links.end(ended));
  await expect(comeBack("1")).rejects.toMatchObject({ problems: [{ reason: "session-not-valid" }] });
  expect(await links.find(HASH)).toEqual(ended);
});
