import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { GAVIN, MFA_BANK, PLAIN_BANK, WHISTLER } from "./backend.ts";
import { isAsked, isOver, isQueued, type LastingUser } from "./lasting-user.ts";

/** What a user does until local mode is killed, and what it does in the next life. */
export interface Moment {
  name: string;
  before(user: LastingUser, delayMs: number): Promise<unknown>;
  after?(user: LastingUser): Promise<unknown>;
  ends: readonly string[];
  /** Logins and answers that upstream gets in all. */
  posts: number;
}

/** A bank that asks nothing, and is down at times. */
const DOWN_BANK = "AU00004";

const PLAIN = ["success", "success", "success"];
const ASKED = ["success", "success", "success", "success"];
const CANCELLED = ["success", "failed", "pending", "pending"];

const create = async (user: LastingUser) => expect(await user.create(PLAIN_BANK, GAVIN)).toBe(202);
const answer = async (user: LastingUser) => expect(await user.answer(WHISTLER.answers)).toBe(202);
const isAt = (title: string) => (user: LastingUser) =>
  user.until(
    (steps) => isOver(steps) || steps.find((step) => step.title === title)?.status === "in-progress",
  );

async function createAsked(user: LastingUser): Promise<void> {
  expect(await user.create(MFA_BANK, WHISTLER)).toBe(202);
  await user.until(isAsked);
}

async function createQueued(user: LastingUser): Promise<void> {
  await user.institution(DOWN_BANK, { status: "major-outage", outage: "refuse" });
  expect(await user.create(DOWN_BANK, GAVIN)).toBe(202);
  await user.until(isQueued);
  await user.institution(DOWN_BANK, { status: "operational" });
}

/** Does not wait for the reply: local mode is killed before it comes, or a moment later. */
const unheard =
  (deed: (user: LastingUser) => Promise<unknown>) => async (user: LastingUser, delayMs: number) => {
    void deed(user);
    await sleep(delayMs);
  };

const inTurn =
  (...deeds: Moment["before"][]): Moment["before"] =>
  async (user, delayMs) => {
    for (const deed of deeds) await deed(user, delayMs);
  };

/** Asked again, it is done, or was done. */
const again = (deed: (user: LastingUser) => Promise<number>, wasDone: number) => async (user: LastingUser) =>
  expect([202, wasDone]).toContain(await deed(user));

export const MOMENTS: readonly Moment[] = [
  { name: "after the 202", before: create, ends: PLAIN, posts: 1 },
  { name: "at the first step", before: inTurn(create, isAt("verify-credentials")), ends: PLAIN, posts: 1 },
  { name: "at a later step", before: inTurn(create, isAt("retrieve-accounts")), ends: PLAIN, posts: 1 },
  { name: "while a challenge waits", before: createAsked, after: answer, ends: ASKED, posts: 2 },
  { name: "right after the answer", before: inTurn(createAsked, answer), ends: ASKED, posts: 2 },
  {
    name: "while queued",
    before: createQueued,
    // Over before the bank goes down for the next one.
    async after(user) {
      expect(await user.resume()).toBe(202);
      await user.until(isOver);
    },
    ends: PLAIN,
    posts: 2,
  },
  {
    name: "right after the resume",
    before: inTurn(createQueued, async (user) => expect(await user.resume()).toBe(202)),
    after: (user) => user.until(isOver),
    ends: PLAIN,
    posts: 2,
  },
  {
    name: "right after the cancel",
    before: inTurn(createAsked, async (user) => expect(await user.cancel()).toBe(202)),
    ends: CANCELLED,
    posts: 1,
  },
  {
    name: "under a create",
    before: unheard((user) => user.create(PLAIN_BANK, GAVIN)),
    after: (user) => user.insist(PLAIN_BANK, GAVIN),
    ends: PLAIN,
    posts: 1,
  },
  {
    name: "under an answer",
    before: inTurn(
      createAsked,
      unheard((user) => user.answer(WHISTLER.answers)),
    ),
    after: again((user) => user.answer(WHISTLER.answers), 409),
    ends: ASKED,
    posts: 2,
  },
  {
    name: "under a resume",
    before: inTurn(
      createQueued,
      unheard((user) => user.resume()),
    ),
    after: again((user) => user.resume(), 409),
    ends: PLAIN,
    posts: 2,
  },
  {
    name: "under a cancel",
    before: inTurn(
      createAsked,
      unheard((user) => user.cancel()),
    ),
    after: again((user) => user.cancel(), 409),
    ends: CANCELLED,
    posts: 1,
  },
];
