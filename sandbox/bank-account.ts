import { dayOf, monthStart } from "./data/calendar.ts";
import { profileOf } from "./data/customers.ts";
import { trade } from "./data/habit.ts";
import { type History, historiesOf } from "./data/history.ts";
import type { AccountPlan, Profile } from "./data/profile.ts";
import { idFrom } from "./data/random.ts";
import { type Institution, institutionById } from "./institutions.ts";
import { retrievalOf } from "./job-timeline.ts";
import type { Connection, State } from "./state.ts";

/** An account that a job has read, with its transactions. */
export type BankAccount = {
  readonly id: string;
  readonly plan: AccountPlan;
  readonly profile: Profile;
  readonly history: History;
  /** The same text for the same user, institution and login. */
  readonly seed: string;
  readonly institution: Institution;
  readonly connection: Connection;
  /** When a job has last read the account, in milliseconds since the epoch. */
  readonly readAt: number;
};

const historyMonths = 18;

/** A login of a user at a bank. Several connections have the same one if a user connects again after a deletion. */
type Login = {
  readonly institution: Institution;
  readonly profile: Profile;
  readonly connections: Connection[];
};

/**
 * Returns the accounts that a user's jobs have read until `now`. Accounts are not stored: they follow from the user, the
 * institution, the login and the times of the jobs.
 */
export function accountsOf(state: State, userId: string, now: number): BankAccount[] {
  return loginsOf(state, userId, now).flatMap((login) => accountsOfLogin(state, login, now));
}

function loginsOf({ connections }: State, userId: string, now: number): Login[] {
  const logins = new Map<string, Login>();
  for (const connection of connections.values()) {
    const institution = institutionById(connection.institutionId);
    const profile = profileOf(connection.login.testUser);
    if (connection.userId !== userId || connection.createdAt > now) continue;
    if (institution === undefined || profile === undefined) continue;
    const key = `${institution.id}/${connection.login.testUser}`;
    const login = logins.get(key) ?? { institution, profile, connections: [] };
    login.connections.push(connection);
    logins.set(key, login);
  }
  return [...logins.values()];
}

function accountsOfLogin(
  state: State,
  { institution, profile, connections }: Login,
  now: number,
): BankAccount[] {
  const read = lastRead(state, connections, now);
  const [oldest, newest] = [connections.at(0), connections.find(({ id }) => id === read?.connectionId)];
  if (oldest === undefined || newest === undefined || read === undefined) return [];
  const seed = `${oldest.userId}/${institution.id}/${oldest.login.testUser}`;
  const fromDay = monthStart(dayOf(oldest.createdAt), -historyMonths);
  const asked = state.users.get(oldest.userId)?.transactions ?? 0;
  const perDay = Math.ceil(asked / (dayOf(oldest.createdAt) - fromDay + 1));
  const histories = cachedHistories(profile, seed, fromDay, dayOf(read.accountsAt), perDay);
  return profile.accounts.map((plan) => {
    const history = histories.get(plan.key) ?? { posted: [], pending: [], balance: null };
    return {
      id: idFrom(`${seed}/${plan.key}`),
      plan,
      profile,
      history: read.hasTransactions ? history : { ...history, posted: [], pending: [] },
      seed,
      institution,
      connection: newest,
      readAt: read.accountsAt,
    };
  });
}

/** Returns what the newest job with accounts has read. */
function lastRead({ jobs }: State, connections: readonly Connection[], now: number) {
  const since = Math.max(...connections.map(({ dataSince = 0 }) => (dataSince <= now ? dataSince : 0)));
  const ends = new Map(connections.map(({ id, deletedAt = now }) => [id, Math.min(deletedAt, now)]));
  return [...jobs.values()]
    .filter(({ createdAt }) => createdAt <= now && createdAt >= since)
    .flatMap((job) => {
      const read = retrievalOf(job, ends.get(job.connectionId) ?? 0);
      return read === undefined ? [] : [{ ...read, connectionId: job.connectionId }];
    })
    .at(-1);
}

type Histories = ReadonlyMap<string, History>;

const cache = new Map<string, Histories>();
/** The cache has at most this many transactions, about 100 MB, or those of one login. */
const maxCached = 150_000;

/** Computes histories once for all pages of a list. The function of the deployed sandbox has 256 MB. */
function cachedHistories(profile: Profile, seed: string, fromDay: number, toDay: number, perDay: number) {
  const key = [seed, fromDay, toDay, perDay].join();
  const busy = perDay === 0 ? profile : withTrade(profile, perDay);
  const histories = cache.get(key) ?? historiesOf({ profile: busy, seed }, fromDay, toDay);
  cache.delete(key);
  cache.set(key, histories);
  for (const [old] of cache) {
    if (old === key || [...cache.values()].reduce(withSize, 0) <= maxCached) break;
    cache.delete(old);
  }
  return histories;
}

function withSize(size: number, histories: Histories): number {
  return [...histories.values()].reduce((sum, { posted }) => sum + posted.length, size);
}

function withTrade(profile: Profile, perDay: number): Profile {
  return { ...profile, habits: [...profile.habits, ...trade(profile.accounts[0].key, perDay)] };
}
