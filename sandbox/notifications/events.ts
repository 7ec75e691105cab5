import { accountsOf } from "../bank-account.ts";
import { loginStatus } from "../connection-reply.ts";
import { hashed } from "../hashed.ts";
import { isFinished, retrievalOf, timelineOf } from "../job-timeline.ts";
import type { Connection, Event, Job, State } from "../state.ts";

/** Published: events of the last 7 days are returned. */
const keptMs = 7 * 24 * 3_600_000;

/** Adds the events of a change that a call has made. */
export function withEventsOf(before: State, after: State, now: number): State {
  return withEvents(
    after,
    [...ofUsers(before, after), ...ofConsents(before, after), ...ofConnections(before, after)].map(
      (one, index) => {
        const id = hashed(`${one.typeId} ${one.path} ${now} ${after.events.size} ${index}`);
        return { ...one, id, at: now };
      },
    ),
    now,
  );
}

type Unnumbered = Omit<Event, "id" | "at">;

function ofUsers(before: State, after: State): Unnumbered[] {
  if (before.users === after.users) return [];
  const about = (typeId: string, userId: string) => ({ typeId, userId, path: `/users/${userId}` });
  const gone = [...before.users.keys()].filter((id) => !after.users.has(id));
  return [
    ...changed(before.users, after.users).flatMap(([old, user]) => {
      if (old === undefined) return [about("user.created", user.id)];
      return old.fields === user.fields ? [] : [about("user.updated", user.id)];
    }),
    ...gone.map((id) => about("user.deleted", id)),
  ];
}

function ofConsents(before: State, after: State): Unnumbered[] {
  return changed(before.consents, after.consents).map(([old, { id, userId, status }]) => ({
    typeId: `consent.${status !== "active" ? status : old === undefined ? "created" : "updated"}`,
    userId,
    path: `/users/${userId}/consents/${id}`,
  }));
}

function ofConnections(before: State, after: State): Unnumbered[] {
  return changed(before.connections, after.connections).flatMap(([old, connection]) => {
    if (old === undefined) return [about("connection.created", connection)];
    const isDeleted = old.deletedAt === undefined && connection.deletedAt !== undefined;
    return isDeleted ? [about("connection.deleted", connection)] : [];
  });
}

function about(typeId: string, { id, userId }: Connection): Unnumbered {
  return { typeId, userId, path: `/users/${userId}/connections/${id}` };
}

/** Returns the entries that are new or other than before, each with the one before. */
function changed<Entry>(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>) {
  if (before === after) return [];
  return [...after].flatMap(([key, entry]): [Entry | undefined, Entry][] => {
    const old = before.get(key);
    return old === entry ? [] : [[old, entry]];
  });
}

/**
 * Adds the events of jobs that have happened until `now`. No code runs when a job changes, so these events are made at the next
 * read.
 */
export function withEventsOfJobs(state: State, now: number): State {
  const due = [...state.jobs.values()]
    .filter((job) => isUnsettled(state, job, now))
    .flatMap((job) => ofJob(state, job, now));
  return withEvents(state, due, now);
}

const lastOf = ({ id }: Job) => hashed(`over ${id}`);

/** Whether a job may have made events that are not there yet. */
function isUnsettled({ events }: State, job: Job, now: number): boolean {
  const { updatedAt } = timelineOf(job, now);
  return now - updatedAt < keptMs && !(isFinished(job, now) && events.has(lastOf(job)));
}

function ofJob(state: State, job: Job, now: number): Event[] {
  const connection = state.connections.get(job.connectionId);
  if (connection === undefined || connection.deletedAt !== undefined) return [];
  const { userId } = job;
  const { updatedAt: at } = timelineOf(job, now);
  const status = loginStatus(job, now);
  const read = retrievalOf(job, now);
  const activated = { ...about("connection.activated", connection), at };
  const invalidated = { ...about("connection.invalidated", connection), at, id: lastOf(job) };
  const accounts =
    read === undefined
      ? []
      : accountsOf(state, userId, now).filter((account) => account.connection.id === connection.id);
  return [
    ...(status === "active" ? [{ ...activated, id: hashed(`activated ${connection.id}`) }] : []),
    ...(status === "invalid" ? [invalidated] : []),
    ...accounts.map((account) => ({
      id: hashed(`read ${job.id} ${account.id}`),
      typeId: "account.updated",
      userId,
      path: `/users/${userId}/accounts/${account.id}`,
      at: read?.accountsAt ?? at,
    })),
    ...(read?.hasTransactions === true
      ? [
          {
            id: lastOf(job),
            typeId: "transactions.updated",
            userId,
            path: `/users/${userId}/transactions`,
            at,
          },
        ]
      : []),
  ];
}

/** Adds events that are not there yet, and drops those of more than 7 days ago. */
export function withEvents(state: State, added: readonly Event[], now: number): State {
  const news = added.filter(({ id }) => !state.events.has(id));
  if (news.length === 0) return state;
  const kept = [...state.events.values()].filter(({ at }) => now - at < keptMs);
  return { ...state, events: new Map([...kept, ...news].map((event) => [event.id, event])) };
}
