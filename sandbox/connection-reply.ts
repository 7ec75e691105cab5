import { accountEntry } from "./account-reply.ts";
import type { BankAccount } from "./bank-account.ts";
import { personOf, profileOf } from "./data/customers.ts";
import { timelineOf } from "./job-timeline.ts";
import { institutionLink, type Links } from "./links.ts";
import type { Connection, Job } from "./state.ts";
import { verdictErrors } from "./step-errors.ts";
import { timestamp } from "./timestamp.ts";

/** Returns the body of a reply about one connection. It describes the user if the connection is active. */
export function connectionReply(
  connection: Connection,
  accounts: readonly BankAccount[],
  jobs: readonly Job[],
  now: number,
  links: Links,
) {
  const body = connectionBody(connection, jobs, now, links);
  const profile = body.status === "active" ? personIn(connection) : {};
  return {
    ...body,
    ...profile,
    accounts: { type: "list", data: accounts.map((account) => accountEntry(account, links)) },
    links: {
      ...body.links,
      ...dataLinks(connection, links.baseUrl),
      user: `${links.baseUrl}/users/${connection.userId}`,
    },
  };
}

/** Returns a connection as an entry of a list. */
export function connectionEntry(connection: Connection, jobs: readonly Job[], now: number, links: Links) {
  const body = connectionBody(connection, jobs, now, links);
  const institution = body.institution.links.self;
  return { ...body, links: { ...body.links, ...dataLinks(connection, links.baseUrl), institution } };
}

function connectionBody(connection: Connection, jobs: readonly Job[], now: number, links: Links) {
  return {
    type: "connection",
    id: connection.id,
    method: "web",
    status: statusOf(connection, jobs, now),
    lastUsed: timestamp(connection.lastUsedAt),
    createdDate: timestamp(connection.createdAt),
    expiryDate: "",
    institution: institutionLink(connection.institutionId, links),
    links: { self: `${links.baseUrl}/users/${connection.userId}/connections/${connection.id}` },
  };
}

function dataLinks({ userId, institutionId }: Connection, baseUrl: string) {
  const filter = `filter=institution.id.eq('${institutionId}')`;
  return {
    accounts: `${baseUrl}/users/${userId}/accounts?${filter}`,
    transactions: `${baseUrl}/users/${userId}/transactions?${filter}`,
  };
}

function personIn(connection: Connection) {
  const profile = profileOf(connection.login.testUser);
  return profile === undefined ? {} : { profile: personOf(profile) };
}

/** The newest job with a result about the login determines the status. */
export function statusOf(
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

/** What a job says about the login of its connection. */
export function loginStatus(job: Job, now: number): "pending" | "active" | "invalid" {
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
