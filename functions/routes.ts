import { PASSED_ROUTES, type PassedRoute } from "./pass-through/routes.ts";

/** The routes that have an entry of their own, and the folder of that entry. */
const OWN_ROUTES = {
  "issue-token": { method: "POST", path: "/token", room: "access" },
  "create-connection": { method: "POST", path: "/users/{userId}/connections", room: "jobs/api" },
  "update-connection": {
    method: "POST",
    path: "/users/{userId}/connections/{connectionId}",
    room: "jobs/api",
  },
  "refresh-connection": {
    method: "POST",
    path: "/users/{userId}/connections/{connectionId}/refresh",
    room: "jobs/api",
  },
  "refresh-connections": { method: "POST", path: "/users/{userId}/connections/refresh", room: "jobs/api" },
  "list-jobs": { method: "GET", path: "/users/{userId}/jobs", room: "jobs/api" },
  "adopt-jobs": { method: "POST", path: "/users/{userId}/jobs", room: "jobs/api" },
  "get-job": { method: "GET", path: "/jobs/{jobId}", room: "jobs/api" },
  "job-changes": { method: "GET", path: "/jobs/{jobId}/changes", room: "jobs/api" },
  "cancel-job": { method: "DELETE", path: "/jobs/{jobId}", room: "jobs/api" },
  "resume-job": { method: "POST", path: "/jobs/{jobId}/resume", room: "jobs/api" },
  "answer-mfa": { method: "POST", path: "/jobs/{jobId}/mfa", room: "jobs/api" },
  "institution-health": {
    method: "GET",
    path: "/institutions/{institutionId}/health",
    room: "institutions/api",
  },
  health: { method: "GET", path: "/health", room: "http" },
  "receive-notification": { method: "POST", path: "/upstream/notifications", room: "webhooks/upstream" },
  openapi: { method: "GET", path: "/openapi.json", room: "openapi" },
} as const;

/** The routes that `read-events` serves. */
const EVENT_ROUTES = {
  "list-events": { method: "GET", path: "/events" },
  "list-event-types": { method: "GET", path: "/events/types" },
  "get-event-type": { method: "GET", path: "/events/types/{eventTypeId}" },
  "get-event": { method: "GET", path: "/events/{eventId}" },
} as const;

/** The routes that `webhooks` serves. */
const WEBHOOK_ROUTES = {
  "create-webhook": { method: "POST", path: "/notifications/webhooks" },
  "list-webhooks": { method: "GET", path: "/notifications/webhooks" },
  "get-webhook": { method: "GET", path: "/notifications/webhooks/{webhookId}" },
  "update-webhook": { method: "POST", path: "/notifications/webhooks/{webhookId}" },
  "delete-webhook": { method: "DELETE", path: "/notifications/webhooks/{webhookId}" },
  "rotate-webhook-secret": { method: "POST", path: "/notifications/webhooks/{webhookId}/secret" },
  "replay-webhook-messages": { method: "POST", path: "/notifications/webhooks/{webhookId}/replay" },
  "list-webhook-messages": { method: "GET", path: "/notifications/webhooks/{webhookId}/messages" },
  "get-webhook-message": {
    method: "GET",
    path: "/notifications/webhooks/{webhookId}/messages/{messageId}",
  },
  "resend-webhook-message": {
    method: "POST",
    path: "/notifications/webhooks/{webhookId}/messages/{messageId}/resend",
  },
  "send-test-message": { method: "POST", path: "/notifications/messages/test" },
} as const;

/** The routes that `auth-links` serves. */
const AUTH_LINK_ROUTES = {
  "create-auth-link": { method: "POST", path: "/users/{userId}/auth_link" },
  "get-auth-link": { method: "GET", path: "/users/{userId}/auth_link" },
  "delete-auth-link": { method: "DELETE", path: "/users/{userId}/auth_link" },
} as const;

const CONNECT_PAGE = { entry: "connect-page", room: "page" } as const;

/** The routes that serve pages to persons, and the function of each. They are no part of the OpenAPI document. */
const PAGE_ROUTES = {
  "open-link": { method: "GET", path: "/c/{linkId}", entry: "open-link", room: "links/api" },
  "press-link": { method: "POST", path: "/c/{linkId}", entry: "open-link", room: "links/api" },
  "consent-return": { method: "GET", path: "/consent/return", entry: "consent-return", room: "links/api" },
  "connect-banks": { method: "GET", path: "/connect", ...CONNECT_PAGE },
  "connect-login-form": { method: "GET", path: "/connect/login", ...CONNECT_PAGE },
  "connect-login": { method: "POST", path: "/connect/login", ...CONNECT_PAGE },
  "connect-job": { method: "GET", path: "/connect/jobs/{jobId}", ...CONNECT_PAGE },
  "connect-changes": {
    method: "GET",
    path: "/connect/jobs/{jobId}/changes",
    entry: "connect-changes",
    room: "page",
  },
  "connect-answer": { method: "POST", path: "/connect/jobs/{jobId}/mfa", ...CONNECT_PAGE },
  "connect-cancel": { method: "POST", path: "/connect/jobs/{jobId}/cancel", ...CONNECT_PAGE },
  "connect-resume": { method: "POST", path: "/connect/jobs/{jobId}/resume", ...CONNECT_PAGE },
} as const;

/** All routes of our API, by their names. Infrastructure, the catch-all route, the log and the tests read this table. */
export const ROUTES = {
  ...OWN_ROUTES,
  ...EVENT_ROUTES,
  ...WEBHOOK_ROUTES,
  ...AUTH_LINK_ROUTES,
  ...PAGE_ROUTES,
  ...PASSED_ROUTES,
} as const;

export type RouteName = keyof typeof ROUTES;
export type PageRouteName = keyof typeof PAGE_ROUTES;

/** Monitors ask for the health of the API with `HEAD`. */
const ROUTES_WITH_HEAD: readonly RouteName[] = ["health"];

export const ROUTE_NAMES = namesOf(ROUTES);

/** The functions that serve the routes: each has the name of its entry. */
export type EndpointName =
  | keyof typeof OWN_ROUTES
  | (typeof PAGE_ROUTES)[PageRouteName]["entry"]
  | "read-events"
  | "webhooks"
  | "auth-links"
  | "pass-through"
  | "delete-connection"
  | "erase-user"
  | "create-statement";

/** Returns the function that serves a route. */
export function endpointOf(name: RouteName): EndpointName {
  if (isOwn(name)) return name;
  if (isOfEvents(name)) return "read-events";
  if (isOfWebhooks(name)) return "webhooks";
  if (isOfAuthLinks(name)) return "auth-links";
  if (isPage(name)) return PAGE_ROUTES[name].entry;
  const route: PassedRoute = ROUTES[name];
  return route.entry ?? "pass-through";
}

function isOwn(name: string): name is keyof typeof OWN_ROUTES {
  return Object.hasOwn(OWN_ROUTES, name);
}

function isOfEvents(name: string): name is keyof typeof EVENT_ROUTES {
  return Object.hasOwn(EVENT_ROUTES, name);
}

function isOfWebhooks(name: string): name is keyof typeof WEBHOOK_ROUTES {
  return Object.hasOwn(WEBHOOK_ROUTES, name);
}

function isOfAuthLinks(name: string): name is keyof typeof AUTH_LINK_ROUTES {
  return Object.hasOwn(AUTH_LINK_ROUTES, name);
}

/** Returns whether a route serves pages to persons. */
export function isPage(name: string): name is PageRouteName {
  return Object.hasOwn(PAGE_ROUTES, name);
}

function namesOf<Name extends string>(routes: { readonly [name in Name]: unknown }): Name[] {
  const names: Name[] = [];
  for (const name in routes) names.push(name);
  return names;
}

/** Returns the source file of a function, relative to the project's root. */
export function entryOf(endpoint: EndpointName): string {
  if (endpoint === "read-events") return "functions/events/api/read-events.lambda.ts";
  if (endpoint === "webhooks") return "functions/webhooks/api/webhooks.lambda.ts";
  if (endpoint === "auth-links") return "functions/links/api/auth-links.lambda.ts";
  const page = Object.values(PAGE_ROUTES).find(({ entry }) => entry === endpoint);
  const room = isOwn(endpoint) ? OWN_ROUTES[endpoint].room : (page?.room ?? "pass-through");
  return `functions/${room}/${endpoint}.lambda.ts`;
}

/** The entry that refuses all requests that match no route. */
export const REFUSE_ENTRY = "functions/http/refuse.lambda.ts";

/** Returns the methods of the routes that match a path; empty if no route matches. */
export function methodsOf(path: string): string[] {
  const fitting = ROUTE_NAMES.filter((name) => patternOf(ROUTES[name].path).test(path));
  const methods = fitting.flatMap(methodsOfRoute);
  return METHODS.filter((method) => methods.includes(method));
}

/** In the order in which `Allow` lists them. */
const METHODS = ["GET", "HEAD", "POST", "DELETE"] as const;

export function methodsOfRoute(name: RouteName): (typeof METHODS)[number][] {
  return ROUTES_WITH_HEAD.includes(name) ? [ROUTES[name].method, "HEAD"] : [ROUTES[name].method];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
