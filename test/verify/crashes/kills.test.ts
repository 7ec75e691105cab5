import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { localTables } from "../../../infra/local/local-tables.ts";
import { sequencesOf } from "../../journeys/event-calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { isOver, stepOf } from "../../journeys/mobile-backend.ts";
import { isQueued } from "../../journeys/queued.ts";
import { allRows } from "../../support/local-aws.ts";
import { sdkSettings } from "../../support/local-workflow.ts";
import { isNightly, partOf } from "../support/nightly.ts";
import { expectNoSecrets, type LocalMode, manyLives } from "../support/program.ts";
import { LastingUser } from "./lasting-user.ts";
import { CRASH_SEED } from "./matrix.ts";

/** What a user does until local mode is killed, and what it does in the next life. */
interface Moment {
  name: string;
  before(user: LastingUser, delayMs: number): Promise<unknown>;
  after?(user: LastingUser): Promise<unknown>;
  ends: readonly string[];
  /** Logins and answers that the aggregator gets in all. */
  posts: number;
}

const PLAIN = ["success", "success", "success"];
const ASKED = ["success", "success", "success", "success"];
const CANCELLED = ["success", "failed", "pending", "pending"];

/** No id of a bank, which the log names. */
const ANSWERS = ["Hooli"];
const SECRETS = [...Object.values(LOGINS.gavin), ...ANSWERS];

const create = async (user: LastingUser) => expect(await user.create(HOOLI, LOGINS.gavin)).toBe(202);
const answer = async (user: LastingUser) => expect(await user.answers(ANSWERS)).toBe(202);
const isAt = (title: string) => (user: LastingUser) =>
  user.sees((steps) => isOver(steps) || stepOf(steps, title)?.status === "in-progress");

async function createAsked(user: LastingUser): Promise<void> {
  expect(await user.create(PIED_PIPER, LOGINS.gavin)).toBe(202);
  await user.untilAsked(user.jobId);
}

async function createQueued(user: LastingUser): Promise<void> {
  await user.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  expect(await user.create(HOOLI_GOV, LOGINS.gavin)).toBe(202);
  await user.sees(isQueued);
  await user.institution(HOOLI_GOV, { status: "operational" });
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

/** Asked again, it is done, or a 409 says that it was done. */
const again = (deed: (user: LastingUser) => Promise<number>) => async (user: LastingUser) =>
  expect([202, 409]).toContain(await deed(user));

const MOMENTS: readonly Moment[] = [
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
      await user.sees(isOver);
    },
    ends: PLAIN,
    posts: 2,
  },
  {
    name: "right after the resume",
    before: inTurn(createQueued, async (user) => expect(await user.resume()).toBe(202)),
    after: (user) => user.sees(isOver),
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
    before: unheard((user) => user.create(HOOLI, LOGINS.gavin)),
    after: (user) => user.insist(HOOLI, LOGINS.gavin),
    ends: PLAIN,
    posts: 1,
  },
  {
    name: "under an answer",
    before: inTurn(
      createAsked,
      unheard((user) => user.answers(ANSWERS)),
    ),
    after: again((user) => user.answers(ANSWERS)),
    ends: ASKED,
    posts: 2,
  },
  {
    name: "under a resume",
    before: inTurn(
      createQueued,
      unheard((user) => user.resume()),
    ),
    after: again((user) => user.resume()),
    ends: PLAIN,
    posts: 2,
  },
  {
    name: "under a cancel",
    before: inTurn(
      createAsked,
      unheard((user) => user.cancel()),
    ),
    after: again((user) => user.cancel()),
    ends: CANCELLED,
    posts: 1,
  },
];

/** Without `NIGHTLY=1`, one in four, in the order above. */
const CHOSEN = new Set(
  partOf(MOMENTS, { parts: isNightly ? 1 : 4, seed: CRASH_SEED, nameOf: ({ name }) => name }),
);

/** Each start of local mode takes seconds, on a busy machine many. */
const HANGS_AFTER = { timeout: 900_000 };

/** A request takes about as long. */
const MAX_DELAY_MS = 25;

const manyUsers = (local: LocalMode, count: number) =>
  Promise.all(Array.from({ length: count }, () => LastingUser.of(local)));

async function expectEnd(user: LastingUser, ends: readonly string[], posts: number, name: string) {
  const steps = await user.sees(isOver);
  expect([name, ...steps.map(({ status }) => status)]).toEqual([name, ...ends]);
  expect([name, await user.posted()]).toEqual([name, posts]);
  expect([name, await user.jobIdsLeft()]).toEqual([name, [user.jobId]]);
  const sequences = await sequencesOf(user);
  expect([name, sequences]).toEqual([name, sequences.map((_, index) => index + 1)]);
}

/** A minute until the sweeper looks and a minute until it comes, and this many looks at the slowest pace of these tests. */
const MAX_LOOKS = 1_000;
const POLL_EVERY_MS = 100;

async function expectNoSecretLeft({ apiUrl }: LocalMode): Promise<void> {
  const { dynamodb } = localTables.parse(await (await fetch(`${apiUrl}/_local`)).json());
  const client = new DynamoDBClient(sdkSettings(dynamodb));
  const sealed = async () =>
    (await allRows(client)).flatMap(({ rows }) => rows).filter((row) => "sealed" in row).length;
  for (let looks = 1; looks < MAX_LOOKS && (await sealed()) > 0; looks++) await sleep(POLL_EVERY_MS);
  expect(await sealed()).toBe(0);
  client.destroy();
}

test("Every job that was acknowledged goes on, whenever local mode is killed", HANGS_AFTER, async () => {
  /** A plain job takes three seconds. A challenge is open for a minute: ten times as long as a start. */
  const start = await manyLives({ TIME_SCALE: "2" });
  let local = await start();
  const played: { moment: Moment; user: LastingUser }[] = [];
  for (const moment of MOMENTS.filter((each) => CHOSEN.has(each))) {
    const user = await LastingUser.of(local);
    played.push({ moment, user });
    const delayMs = Math.floor(Math.random() * MAX_DELAY_MS);
    await moment.before(user, delayMs);
    await local.end("SIGKILL");
    process.stdout.write(`killed ${moment.name} (${delayMs} ms), CRASH_SEED=${CRASH_SEED}\n`);
    expectNoSecrets(local, SECRETS);
    local = await start();
    await moment.after?.(user);
  }
  for (const { moment, user } of played) await expectEnd(user, moment.ends, moment.posts, moment.name);
  await expectNoSecretLeft(local);
});

test(
  "Jobs that are accepted by the dozen are neither lost nor doubled, whenever local mode is killed",
  HANGS_AFTER,
  async () => {
    const start = await manyLives({ TIME_SCALE: "3" });
    const users: LastingUser[] = [];
    for (const killAfter of [2, 10, 6]) {
      const local = await start();
      const more = await manyUsers(local, 15);
      users.push(...more);
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      let heard = 0;
      const asking = more.map(async (user) => {
        if ((await user.create(HOOLI, LOGINS.gavin)) === 202 && ++heard === killAfter) resolve();
      });
      await enough;
      await local.end("SIGKILL");
      await Promise.all(asking);
      process.stdout.write(`killed after ${killAfter} of 15 replies; ${heard} were heard\n`);
    }
    const local = await start();
    await Promise.all(
      users.filter(({ jobId }) => jobId === "").map((user) => user.insist(HOOLI, LOGINS.gavin)),
    );
    for (const user of users) await expectEnd(user, PLAIN, 1, user.jobId);
    await expectNoSecretLeft(local);
  },
);

test(
  "Jobs that wait for their bank go on waiting after a kill, and are tried when it is time",
  HANGS_AFTER,
  async () => {
    /** Two hours take 24 s. */
    const start = await manyLives({ TIME_SCALE: "300" });
    let local = await start();
    const users = await manyUsers(local, 10);
    await users[0]?.institution(HOOLI, { status: "major-outage", outage: "refuse" });
    for (const user of users) {
      expect(await user.create(HOOLI, LOGINS.gavin)).toBe(202);
      await user.sees(isQueued);
    }
    for (const life of [1, 2]) {
      await local.end("SIGKILL");
      process.stdout.write(`killed while ten jobs are queued, in life ${life}\n`);
      local = await start();
      for (const user of users) expect(isQueued(await user.steps())).toBe(true);
    }
    await users[0]?.institution(HOOLI, { status: "operational" });
    for (const user of users) await expectEnd(user, PLAIN, 2, user.jobId);
    await expectNoSecretLeft(local);
  },
);
