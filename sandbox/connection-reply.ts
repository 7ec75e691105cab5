import { timelineOf } from "./job-timeline.ts";
import type { Connection, Job } from "./state.ts";
import { verdictErrors } from "./step-errors.ts";
import { fullNameOf } from "./test-users.ts";
import { timestamp } from "./timestamp.ts";

/** Returns the body of a reply about one connection. It contains the user's name if the connection is active. */
export function connectionReply(connection: Connection, jobs: readonly Job[], now: number, baseUrl: string) {
  const { accounts, transactions } = dataLinks(connection, baseUrl);
  const body = connectionBody(connection, jobs, now, baseUrl);
  const profile = body.status === "active" ? profileOf(connection) : {};
  return {
    ...body,
    ...profile,
    accounts: { type: "list", data: [] },
    links: { ...body.links, user: `${baseUrl}/users/${connection.userId}`, accounts, transactions },
  };
}

/** Returns a connection as an entry of a list. */
export function connectionEntry(connection: Connection, jobs: readonly Job[], now: number, baseUrl: string) {
  const body = connectionBody(connection, jobs, now, baseUrl);
  const institution = body.institution.links.self;
  return { ...body, links: { ...body.links, ...dataLinks(connection, baseUrl), institution } };
}

export function institutionLink(institutionId: string, baseUrl: string) {
  const links = { self: `${baseUrl}/institutions/${institutionId}` };
  return { type: "institution", id: institutionId, links };
}

function connectionBody(connection: Connection, jobs: readonly Job[], now: number, baseUrl: string) {
  return {
    type: "connection",
    id: connection.id,
    status: statusOf(connection, jobs, now),
    lastUsed: timestamp(connection.lastUsedAt),
    createdDate: timestamp(connection.createdAt),
    institution: institutionLink(connection.institutionId, baseUrl),
    links: { self: `${baseUrl}/users/${connection.userId}/connections/${connection.id}` },
  };
}

function dataLinks({ userId, institutionId }: Connection, baseUrl: string) {
  const filter = `filter=institution.id.eq('${institutionId}')`;
  return {
    accounts: `${baseUrl}/users/${userId}/accounts?${filter}`,
    transactions: `${baseUrl}/users/${userId}/transactions?${filter}`,
  };
}

function profileOf(connection: Connection) {
  const fullName = fullNameOf(connection.login.testUser);
  return fullName === undefined ? {} : { profile: { fullName } };
}

/** The newest job with a result about the login determines the status. */
function statusOf(
  connection: Connection,
  jobs: readonly Job[],
  now: number,
): "pending" | "active" | "invalid" {
  const verdicts = jobs
    .filter((job) => job.connectionId === connection.id)
    .map((job) => loginStatus(job, now))
    .filter((status) => status !== "pending");
  return verdicts.at(-1) ?? "pending";
}

function loginStatus(job: Job, now: number): "pending" | "active" | "invalid" {
  const { verify, mfa } = timelineOf(job, now);
  if ("error" in verify) return blamesLogin.has(verify.error.code) ? "invalid" : "pending";
  if (mfa?.status === "failed") return "invalid";
  const isLoggedIn = mfa === undefined || mfa.status === "success" || mfa.status === "skipped";
  return verify.status === "success" && isLoggedIn ? "active" : "pending";
}

const blamesLogin: ReadonlySet<string> = new Set([
  verdictErrors["credentials-refused"].code,
  verdictErrors["user-action-required"].code,
]);
