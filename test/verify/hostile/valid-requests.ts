import { connectionRequest, mfaRequest } from "../../../functions/jobs/api/requests.ts";
import { authLinkRequest } from "../../../functions/links/api/requests.ts";
import { ROUTE_NAMES, ROUTES } from "../../../functions/routes.ts";
import { LOGINS } from "../../journeys/logins.ts";

export interface Known {
  userId: string;
  connectionId: string;
  jobId: string;
  eventId: string;
  webhookId: string;
  messageId: string;
  institutionId: string;
}

export type RouteName = keyof typeof ROUTES | "refuse";

export interface ValidRequest {
  route: RouteName;
  method: string;
  /** With the names of its parameters, as in the route. */
  path: string;
  parameters: { [name: string]: string };
  query: { [name: string]: string };
  headers: { [name: string]: string };
  /** A form is a text. */
  body: object | string | undefined;
}

const JSON_TYPE = { "content-type": "application/json" };

/** Every field in the schema of a connection. A plain bank needs two of them. */
function connectionBody({ institutionId }: Known): object {
  const given: { [field: string]: unknown } = { ...LOGINS.gavin, institution: { id: institutionId } };
  return Object.fromEntries(
    Object.keys(connectionRequest._zod.def.shape).map((field) => [field, given[field] ?? ""]),
  );
}

function answerBody(): object {
  return Object.fromEntries(Object.keys(mfaRequest._zod.def.shape).map((field) => [field, ["1234"]]));
}

type Extras = Partial<Pick<ValidRequest, "query" | "headers" | "body">>;

/** Routes that pass have nothing but their path, unless they are here. */
const EXTRAS: { [route in RouteName]?: (known: Known) => Extras } = {
  "issue-token": ({ userId }) => ({
    headers: { "basiq-version": "3.0", "content-type": "application/x-www-form-urlencoded" },
    body: `scope=CLIENT_ACCESS&userId=${userId}`,
  }),
  "create-connection": (known) => ({ headers: JSON_TYPE, body: connectionBody(known) }),
  "update-connection": (known) => ({ headers: JSON_TYPE, body: connectionBody(known) }),
  "refresh-connection": () => ({}),
  "refresh-connections": () => ({}),
  "list-jobs": ({ connectionId, institutionId, jobId }) => ({
    headers: { "if-none-match": 'W/"none", "other"' },
    query: {
      filter: `connection.id.eq('${connectionId}'),institution.id.eq('${institutionId}')`,
      limit: "500",
      next: `2026-01-05T09:00:00.000Z_${jobId}`,
    },
  }),
  "adopt-jobs": () => ({ headers: JSON_TYPE, body: { jobIds: ["s55bf3"] } }),
  "create-statement": ({ institutionId }) => ({
    headers: { "content-type": "multipart/form-data; boundary=b" },
    body: [
      "--b",
      'content-disposition: form-data; name="institutionId"',
      "",
      institutionId,
      "--b",
      'content-disposition: form-data; name="statement"; filename="a.pdf"',
      "",
      "%PDF-",
      "--b--",
    ].join("\r\n"),
  }),
  "get-job": () => ({ headers: { "if-none-match": '"none"' } }),
  "job-changes": () => ({ query: { wait: "1", while: "running" }, headers: { "if-none-match": '"none"' } }),
  "cancel-job": () => ({}),
  "resume-job": () => ({}),
  "answer-mfa": () => ({ headers: JSON_TYPE, body: answerBody() }),
  "list-events": ({ userId }) => ({
    query: {
      filter: `user.id.eq('${userId}'),event.entity.eq('job'),event.type.eq('updated')`,
      limit: "500",
    },
  }),
  "get-event": () => ({}),
  "list-event-types": () => ({}),
  "get-event-type": () => ({}),
  "create-webhook": () => ({
    headers: JSON_TYPE,
    body: { name: "Jobs", description: "All jobs", ...webhookFields() },
  }),
  "list-webhooks": () => ({}),
  "get-webhook": () => ({}),
  "update-webhook": () => ({ headers: JSON_TYPE, body: { ...webhookFields(), status: "active" } }),
  "delete-webhook": () => ({}),
  "rotate-webhook-secret": () => ({ headers: JSON_TYPE, body: { overlapSeconds: 60 } }),
  "replay-webhook-messages": ({ messageId }) => ({
    headers: JSON_TYPE,
    body: { from: "2026-01-05T09:00:00Z", to: "2099-01-05T09:00:00Z", only: "all", after: messageId },
  }),
  "list-webhook-messages": ({ eventId, messageId }) => ({
    query: {
      filter: `status.eq('failed'),eventId.eq('${eventId}'),date.gteq('2026-01-05T09:00:00Z')`,
      limit: "500",
      from: messageId,
    },
  }),
  "get-webhook-message": () => ({}),
  "resend-webhook-message": () => ({}),
  "send-test-message": () => ({
    headers: JSON_TYPE,
    body: { eventTypeId: "webhook.failing", Text: "A test" },
  }),
  "receive-notification": ({ eventId }) => ({
    headers: {
      ...JSON_TYPE,
      "webhook-id": "msg-1",
      "webhook-timestamp": "1796000000",
      "webhook-signature": "v1,bm90IGEgc2lnbmF0dXJl",
    },
    body: { eventTypeId: "user.updated", eventId },
  }),
  "create-auth-link": ({ institutionId }) => ({ headers: JSON_TYPE, body: linkBody(institutionId) }),
  "get-auth-link": () => ({}),
  "delete-auth-link": () => ({}),
  "open-link": () => ({ headers: { cookie: COOKIES } }),
  "press-link": () => ({ headers: { cookie: COOKIES, origin: "http://127.0.0.1:3000" } }),
  "consent-return": ({ jobId }) => ({
    headers: { cookie: COOKIES },
    query: { jobIds: `${jobId},2`, jobId: "3", state: `${"n".repeat(22)}.${"m".repeat(43)}` },
  }),
  "connect-banks": () => ({ headers: { cookie: COOKIES }, query: { q: "hooli" } }),
  "connect-login-form": ({ institutionId }) => ({ headers: { cookie: COOKIES }, query: { institutionId } }),
  "connect-login": ({ institutionId }) => ({
    headers: FORM,
    body: String(new URLSearchParams({ institutionId, ...LOGINS.gavin })),
  }),
  "connect-job": () => ({ headers: { cookie: COOKIES } }),
  "connect-changes": () => ({ headers: { cookie: COOKIES }, query: { version: "1" } }),
  "connect-answer": () => ({ headers: FORM, body: "challenge=1&answer=1234" }),
  "connect-cancel": () => ({ headers: FORM }),
  "connect-resume": () => ({ headers: FORM }),
  "institution-health": () => ({}),
  health: () => ({}),
  openapi: () => ({ headers: { "if-none-match": '"none"' } }),
  refuse: () => ({}),
  "create-user": () => ({ headers: JSON_TYPE, body: { email: "gavin@hooli.com" } }),
  "list-transactions": () => ({ query: { limit: "500", filter: "account.id.eq('a1')" } }),
  enrich: () => ({ query: { q: "coffee", institution: "AU00000" } }),
};

/** Of the form of ours, and of no link. */
const COOKIES = `link-browser=${"b".repeat(43)}; link-session=${"h".repeat(43)}.${"b".repeat(43)}`;

/** Of a form of our pages. */
const FORM = {
  cookie: COOKIES,
  origin: "http://127.0.0.1:3000",
  "content-type": "application/x-www-form-urlencoded",
};

/** Every field in the schema of a link. A link has a bank or a connection. */
function linkBody(institutionId: string): object {
  const given: { [field: string]: unknown } = {
    mobile: "+61410888666",
    action: "connect",
    institutionId,
    state: "a state",
    expiresInMinutes: 30,
  };
  return Object.fromEntries(
    Object.keys(authLinkRequest._zod.def.shape).map((field) => [field, given[field] ?? ""]),
  );
}

/** A name that does not resolve: nothing is sent anywhere. */
function webhookFields(): object {
  const url = "https://receiver.invalid/jobs";
  return { url, subscribedEvents: ["webhook.failing"], payload: "full", ordering: "job" };
}

const PARAMETER = /\{(\w+)\}/g;

/** A valid request to each route, and one to no route. Only users who are `forErasure` are erased: nothing is left of them. */
export function validRequests(known: Known, forErasure: boolean): ValidRequest[] {
  const parametersOf = (path: string) => {
    const values: { [name: string]: string } = { ...known, eventTypeId: "job.created" };
    return Object.fromEntries(
      [...path.matchAll(PARAMETER)].map(([, name = ""]) => [name, values[name] ?? "s55bf3"]),
    );
  };
  const routes = { ...ROUTES, refuse: { method: "PUT", path: "/users/{userId}/jobs/{jobId}" } };
  const names: RouteName[] = [...ROUTE_NAMES.filter((name) => forErasure || name !== "erase-user"), "refuse"];
  return names.map((route) => {
    const { method, path } = routes[route];
    const empty = { query: {}, headers: {}, body: undefined };
    return { route, method, path, parameters: parametersOf(path), ...empty, ...EXTRAS[route]?.(known) };
  });
}
