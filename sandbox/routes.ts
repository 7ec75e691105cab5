import { issueToken, type TokenRule } from "./access-token.ts";
import { getAccount, listAccounts } from "./account-calls.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import {
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
  purgeConnection,
  refreshAll,
  refreshConnection,
  updateConnection,
} from "./connection-calls.ts";
import { deleteConsent, listConsents } from "./consent-calls.ts";
import { showHome, submitHome } from "./consent-ui/home-calls.ts";
import {
  readLedger,
  resetEverything,
  setConsentUi,
  setFaults,
  setInstitution,
  setTransactions,
} from "./control-calls.ts";
import { enrich } from "./enrich-calls.ts";
import { getIdentity, listIdentities } from "./identity-calls.ts";
import { getConnector, getInstitution, listConnectors, listInstitutions } from "./institution-calls.ts";
import { answerChallenge, getJob, listJobs } from "./job-calls.ts";
import { forceEvent, setLies } from "./notifications/control-calls.ts";
import { getEvent, getEventType, listEvents, listEventTypes } from "./notifications/event-calls.ts";
import {
  createWebhook,
  deleteWebhook,
  getMessage,
  getWebhook,
  listMessages,
  listWebhooks,
  postTestMessage,
  updateWebhook,
} from "./notifications/webhook-calls.ts";
import { onlyInConsentUi } from "./refusal.ts";
import {
  createReport,
  getReport,
  listAffordability,
  listReportTransactions,
} from "./reports/report-calls.ts";
import { createStatement } from "./statement-calls.ts";
import { getTransaction, listTransactions } from "./transaction-calls.ts";
import { createUser, deleteUser, getUser, updateUser } from "./user-calls.ts";

/** Parts of the state. Jobs, connections, consents, reports and logins are those of the user in the path or of the token. */
export type Part =
  | "jobs"
  | "connections"
  | "consents"
  | "consentUi"
  | "reports"
  | "logins"
  | "queue"
  | "ledger";

type Rule = {
  /** `key`: the call checks the API key itself. `page`: the call checks the token in the address or form of a page itself. */
  readonly access: "key" | "token" | "control" | "public" | "page";
  /** What the route asks of the token. Undefined: any token. */
  readonly token?: TokenRule;
  /**
   * Whether the route answers for a user without a POST. A program that has lost the reply to a login then reads that no
   * job exists.
   */
  readonly takesUnknownUsers?: true;
  /** Whether the route is about events or webhooks, which the deployed sandbox does not have. */
  readonly notifies?: true;
};

export type Route = Rule & {
  readonly method: string;
  readonly path: string;
  /**
   * Parts that the route reads in addition to conditions, faults, and the rows that its path and its token identify. A store
   * does not need to load other parts.
   */
  readonly reads: readonly Part[];
  readonly answer: (situation: Situation, params: Params) => Outcome;
};

function route(
  method: string,
  path: string,
  rule: Rule,
  answer: Route["answer"],
  reads: readonly Part[] = [],
): Route {
  return { ...rule, method, path, reads, answer };
}

const key = { access: "key" } as const;
const open = { access: "public" } as const;
const control = { access: "control" } as const;
const page = { access: "page" } as const;

const two = ["2.0", "2.1"] as const;
const server = "SERVER_ACCESS";

const anyToken = { access: "token" } as const;
const ofServers = { access: "token", token: { scope: server } } as const;
const ofClients = { access: "token", token: { scope: "CLIENT_ACCESS" } } as const;
const jobList = { ...ofServers, takesUnknownUsers: true } as const;
const inTwo = { access: "token", token: { versions: two } } as const;
const fromTwoOne = { access: "token", token: { versions: ["2.1", "3.0"] } } as const;
const serversInTwo = { access: "token", token: { versions: two, scope: server } } as const;
const serversInThree = { access: "token", token: { versions: ["3.0"], scope: server } } as const;
const notices = { ...serversInThree, notifies: true } as const;
const noticeControl = { ...control, notifies: true } as const;
const makesConnections = {
  access: "token",
  token: { versions: two, otherVersion: onlyInConsentUi },
} as const;

const user = "/users/:userId";
const connections = `${user}/connections`;
const connection = `${connections}/:connectionId`;
/** Accounts and transactions follow from the connections and jobs of their user. */
const data: readonly Part[] = ["connections", "jobs"];
const consents: readonly Part[] = ["consents", "consentUi"];
/** A new connection needs a consent. */
const starting: readonly Part[] = [...data, "logins", ...consents];
const reports: readonly Part[] = [...data, "reports"];
const webhook = "/notifications/webhooks/:webhookId";
const connector = "/connectors/:institutionId/:method";

/** If two paths of a method match a call, the first one answers. */
const routes: readonly Route[] = [
  route("POST", "/token", key, issueToken),

  route("GET", "/institutions", inTwo, listInstitutions),
  route("GET", "/institutions/:institutionId", inTwo, getInstitution),
  route("GET", "/connectors", fromTwoOne, listConnectors),
  route("GET", connector, fromTwoOne, getConnector),
  route("GET", "/public/institutions", open, listInstitutions),
  route("GET", "/public/connectors", open, listConnectors),
  route("GET", `/public${connector}`, open, getConnector),

  route("POST", "/users", ofServers, createUser),
  route("GET", user, anyToken, getUser, data),
  route("POST", user, ofServers, updateUser),
  route("DELETE", user, ofServers, deleteUser, [...data, "consents", "reports", "logins"]),

  route("GET", connections, anyToken, listConnections, data),
  route("POST", connections, makesConnections, createConnection, starting),
  route("POST", `${connections}/refresh`, ofServers, refreshAll, starting),
  route("GET", connection, anyToken, getConnection, data),
  route("POST", connection, makesConnections, updateConnection, starting),
  route("DELETE", connection, ofServers, deleteConnection),
  route("POST", `${connection}/refresh`, ofServers, refreshConnection, starting),
  route("POST", `${connection}/purge`, serversInThree, purgeConnection, ["jobs"]),

  route("POST", `${user}/statements`, anyToken, createStatement),

  route("GET", `${user}/accounts`, ofServers, listAccounts, data),
  route("GET", `${user}/accounts/:accountId`, ofServers, getAccount, data),
  route("GET", `${user}/transactions`, ofServers, listTransactions, data),
  route("GET", `${user}/transactions/:transactionId`, ofServers, getTransaction, data),

  route("POST", `${user}/affordability`, serversInTwo, createReport("affordability"), reports),
  route("GET", `${user}/affordability`, serversInTwo, listAffordability, reports),
  route("GET", `${user}/affordability/:reportId`, serversInTwo, getReport("affordability"), reports),
  route("GET", `${user}/affordability/:reportId/transactions`, serversInTwo, listReportTransactions, reports),
  route("POST", `${user}/income`, serversInTwo, createReport("income"), reports),
  route("GET", `${user}/income/:reportId`, serversInTwo, getReport("income"), reports),
  route("POST", `${user}/expenses`, serversInTwo, createReport("expenses"), reports),
  route("GET", `${user}/expenses/:reportId`, serversInTwo, getReport("expenses"), reports),
  route("GET", "/enrich", inTwo, enrich),
  route("GET", `${user}/identities`, inTwo, listIdentities, data),
  route("GET", `${user}/identities/:identityId`, inTwo, getIdentity, data),
  route("GET", `${user}/identitites`, inTwo, listIdentities, data),
  route("GET", `${user}/identitites/:identityId`, inTwo, getIdentity, data),

  route("GET", `${user}/jobs`, jobList, listJobs, ["jobs"]),
  route("GET", "/jobs/:jobId", anyToken, getJob),
  route("POST", "/jobs/:jobId/mfa", ofClients, answerChallenge),

  route("GET", `${user}/consents`, serversInThree, listConsents, ["consents"]),
  route("DELETE", `${user}/consents/:consentId`, serversInThree, deleteConsent, [...data, ...consents]),
  route("GET", "/home", page, showHome, starting),
  route("POST", "/home", page, submitHome, starting),
  route("GET", "/events", notices, listEvents),
  route("GET", "/events/types", notices, listEventTypes),
  route("GET", "/events/types/:eventTypeId", notices, getEventType),
  route("GET", "/events/:eventId", notices, getEvent),
  route("POST", "/notifications/webhooks", notices, createWebhook),
  route("GET", "/notifications/webhooks", notices, listWebhooks),
  route("POST", webhook, notices, updateWebhook),
  route("GET", webhook, notices, getWebhook),
  route("DELETE", webhook, notices, deleteWebhook),
  route("GET", `${webhook}/messages`, notices, listMessages),
  route("GET", `${webhook}/messages/:messageId`, notices, getMessage),
  route("POST", "/notifications/messages/test", notices, postTestMessage),

  route("POST", "/_control/users/:userId/events", noticeControl, forceEvent),
  route("PUT", "/_control/notifications", noticeControl, setLies),
  route("PUT", "/_control/institutions/:institutionId", control, setInstitution, ["queue"]),
  route("PUT", "/_control/users/:userId", control, setTransactions),
  route("PUT", "/_control/consent-ui", control, setConsentUi, ["consentUi"]),
  route("PUT", "/_control/faults", control, setFaults),
  route("GET", "/_control/ledger", control, readLedger, ["ledger"]),
  route("DELETE", "/_control", control, resetEverything),
];

export type Match = {
  readonly params: Params;
  /** Undefined if the path exists with other methods only. */
  readonly route: Route | undefined;
  readonly allowed: readonly string[];
};

/** Finds the route of a call. Undefined if no route has this path. */
export function matchRoute(method: string, path: string): Match | undefined {
  const found = routes.flatMap((route) => {
    const params = paramsOf(route.path, path);
    return params === undefined ? [] : [{ route, params }];
  });
  const [first] = found;
  if (first === undefined) return undefined;
  const route = found.find((candidate) => candidate.route.method === method)?.route;
  return { params: first.params, route, allowed: found.map((candidate) => candidate.route.method) };
}

function paramsOf(pattern: string, path: string): Params | undefined {
  const names = pattern.split("/");
  const parts = path.split("/");
  const fits = names.every((name, index) =>
    name.startsWith(":") ? parts[index] !== "" : name === parts[index],
  );
  if (!fits || names.length !== parts.length) return undefined;
  const named = (name: string) => parts[names.indexOf(`:${name}`)] ?? "";
  return {
    userId: named("userId"),
    connectionId: named("connectionId"),
    jobId: named("jobId"),
    institutionId: named("institutionId"),
    accountId: named("accountId"),
    transactionId: named("transactionId"),
    reportId: named("reportId"),
    identityId: named("identityId"),
    method: named("method"),
    consentId: named("consentId"),
    eventId: named("eventId"),
    eventTypeId: named("eventTypeId"),
    webhookId: named("webhookId"),
    messageId: named("messageId"),
  };
}
