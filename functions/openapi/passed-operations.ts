import type { RefusalReason } from "../jobs/domain/refusal.ts";
import { PASSED_ROUTES, type PassedRoute } from "../pass-through/routes.ts";
import { REPLIES, type ReplyName, type RequestName } from "./components.ts";
import type { Caller, Operation, Parameter, Tag } from "./operation.ts";
import { FILTER, PAGE_LIMIT, TEXT_TO_ENRICH } from "./parameters.ts";

interface PassedOperation {
  tag: Tag;
  summary: string;
  /** Without it, the reply has no body. */
  reply?: ReplyName;
  body?: RequestName;
  /** Default: JSON. */
  types?: readonly string[];
  parameters?: readonly Parameter[];
  status?: 201 | 202;
  description?: string;
  /** The reasons to refuse a body. Default: those of JSON, for a POST. */
  refusesBody?: readonly RefusalReason[];
}

const REPORT = { tag: "Reports", body: "ReportRequest" } as const;
const page = { parameters: [FILTER, PAGE_LIMIT] };
const filtered = { parameters: [FILTER] };

/** What the document says about each route that passes to the aggregator. */
const PASSED: { readonly [route in keyof typeof PASSED_ROUTES]: PassedOperation } = {
  "create-user": { tag: "Users", summary: "Create a user", reply: "User", body: "UserRequest", status: 201 },
  "get-user": { tag: "Users", summary: "Read a user", reply: "UserDetails" },
  "update-user": { tag: "Users", summary: "Change a user", reply: "User", body: "UserRequest" },
  "erase-user": {
    tag: "Users",
    summary: "Erase a user",
    description:
      "Deletes the user at the aggregator, and all jobs and secrets of the user here. The call may be repeated.",
  },
  "list-connections": {
    tag: "Connections",
    summary: "List the connections of a user",
    reply: "ConnectionList",
    ...filtered,
  },
  "get-connection": { tag: "Connections", summary: "Read a connection", reply: "Connection" },
  "delete-connection": {
    tag: "Connections",
    summary: "Delete a connection",
    description: "Also ends the jobs of the connection.",
  },
  "purge-connection": {
    tag: "Connections",
    summary: "Delete the data of a connection at the aggregator",
    description: "The connection and its jobs stay.",
  },
  "create-statement": {
    tag: "Connections",
    summary: "Upload a statement of a bank",
    description:
      "The job reads the statement in place of a connection, and has no `links.source`. A user may have several of these jobs at once. A repeated request uploads the statement again.",
    reply: "JobStub",
    body: "StatementRequest",
    types: ["multipart/form-data"],
    status: 202,
    refusesBody: [
      "content-type-not-multipart",
      "form-not-valid",
      "institution-not-provided",
      "unknown-institution",
      "statement-not-provided",
      "statement-too-large",
    ],
  },
  "list-consents": { tag: "Users", summary: "List the consents of a user", reply: "ConsentList" },
  "delete-consent": {
    tag: "Users",
    summary: "Delete a consent of a user",
    description:
      "The aggregator deletes the connections that go with the consent. Also ends the jobs of these connections.",
  },
  "list-accounts": { tag: "Data", summary: "List the accounts of a user", reply: "AccountList", ...filtered },
  "get-account": { tag: "Data", summary: "Read an account", reply: "Account" },
  "list-transactions": {
    tag: "Data",
    summary: "List the transactions of a user",
    reply: "TransactionList",
    ...page,
  },
  "get-transaction": { tag: "Data", summary: "Read a transaction", reply: "Transaction" },
  "list-identities": { tag: "Data", summary: "List the identities of a user", reply: "IdentityList" },
  "get-identity": { tag: "Data", summary: "Read an identity", reply: "Identity" },
  "list-identitites": {
    tag: "Data",
    summary: "List the identities of a user, in the published spelling",
    reply: "IdentityList",
  },
  "get-identitity": {
    tag: "Data",
    summary: "Read an identity, in the published spelling",
    reply: "Identity",
  },
  enrich: {
    tag: "Data",
    summary: "Explain the text of a transaction",
    reply: "Enrichment",
    parameters: TEXT_TO_ENRICH,
  },
  "create-affordability": { ...REPORT, summary: "Make an affordability report", reply: "Affordability" },
  "list-affordability": {
    tag: "Reports",
    summary: "List the affordability reports of a user",
    reply: "AffordabilityList",
  },
  "get-affordability": { tag: "Reports", summary: "Read an affordability report", reply: "Affordability" },
  "list-affordability-transactions": {
    tag: "Reports",
    summary: "List the transactions of an affordability report",
    reply: "AffordabilityTransactionList",
    ...page,
  },
  "create-income": { ...REPORT, summary: "Make an income report", reply: "Income" },
  "get-income": { tag: "Reports", summary: "Read an income report", reply: "Income" },
  "create-expenses": { ...REPORT, summary: "Make an expenses report", reply: "Expenses" },
  "get-expenses": { tag: "Reports", summary: "Read an expenses report", reply: "Expenses" },
  "list-institutions": { tag: "Banks", summary: "List banks", reply: "InstitutionList", ...filtered },
  "get-institution": { tag: "Banks", summary: "Read a bank", reply: "Institution" },
  "list-connectors": { tag: "Banks", summary: "List connectors", reply: "ConnectorList", ...filtered },
  "get-connector": { tag: "Banks", summary: "Read a connector", reply: "Connector" },
  "list-public-institutions": {
    tag: "Banks",
    summary: "List banks without a token",
    reply: "InstitutionList",
    ...filtered,
  },
  "list-public-connectors": {
    tag: "Banks",
    summary: "List connectors without a token",
    reply: "ConnectorList",
    ...filtered,
  },
  "get-public-connector": { tag: "Banks", summary: "Read a connector without a token", reply: "Connector" },
};

const CALLERS: { readonly [callers: string]: readonly Caller[] } = {
  server: ["SERVER_ACCESS"],
  "server and user": ["SERVER_ACCESS", "CLIENT_ACCESS"],
  everybody: [],
};

const VERSIONS: { readonly [versions: string]: string | undefined } = {
  "2": "Not in version 3.0 of the aggregator's API.",
  "3": "Only in version 3.0 of the aggregator's API.",
};

const ALWAYS: readonly RefusalReason[] = [
  "service-unavailable",
  "route-not-found",
  "refused-upstream",
  "reply-too-large",
  "query-too-long",
];
const WITH_TOKEN: readonly RefusalReason[] = ["token-not-valid", "token-expired"];

/** Returns what the document says about one route. */
export function passedOperation(name: keyof typeof PASSED_ROUTES): Operation {
  const { method, path, callers, versions }: PassedRoute = PASSED_ROUTES[name];
  const passed = PASSED[name];
  const { tag, summary, reply, body, parameters, status = reply === undefined ? 204 : 200 } = passed;
  const { types = ["application/json"], refusesBody = ["not-json", "content-type-not-json"] } = passed;
  const isCounted = method !== "GET" && path.includes("{userId}") && name !== "erase-user";
  const isReport = body === "ReportRequest";
  const description = [passed.description, VERSIONS[versions]].filter((text) => text !== undefined).join(" ");
  return {
    tag,
    summary,
    ...(description !== "" && { description }),
    callers: CALLERS[callers] ?? [],
    ...(parameters && { parameters }),
    ...(body && { body: { types, schema: body } }),
    replies: {
      [status]: {
        description: reply === undefined ? "Done." : REPLIES[reply].description,
        ...(reply && { schema: reply }),
      },
      ...(isReport && { 204: { description: "The aggregator has no data for the report." } }),
    },
    refusals: [
      ...ALWAYS,
      ...(callers === "everybody" ? [] : WITH_TOKEN),
      ...(callers === "server" ? (["scope-not-enough"] as const) : []),
      ...(path.includes("{userId}")
        ? (["field-not-valid", "token-of-another-user", "scope-not-enough"] as const)
        : []),
      ...(method === "POST" ? refusesBody : []),
      ...(path.includes("connectionId") ? (["connection-not-found"] as const) : []),
      ...(/\{(?!userId|connectionId)/.test(path) ? (["resource-not-found"] as const) : []),
      ...(callers === "everybody" ? (["rate-exceeded"] as const) : []),
      ...(isCounted ? (["rate-exceeded", "user-not-found"] as const) : []),
    ],
    passesRefusals: true,
  };
}
