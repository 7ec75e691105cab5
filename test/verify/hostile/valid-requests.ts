import { connectionRequest, mfaRequest } from "../../../functions/jobs/api/requests.ts";
import { ROUTES } from "../../../functions/routes.ts";
import { LOGINS } from "../../journeys/logins.ts";

export interface Known {
  userId: string;
  connectionId: string;
  jobId: string;
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

const EXTRAS: { [route in RouteName]: (known: Known) => Extras } = {
  "issue-token": ({ userId }) => ({
    headers: { "basiq-version": "3.0", "content-type": "application/x-www-form-urlencoded" },
    body: `scope=CLIENT_ACCESS&userId=${userId}`,
  }),
  "create-connection": (known) => ({ headers: JSON_TYPE, body: connectionBody(known) }),
  "update-connection": (known) => ({ headers: JSON_TYPE, body: connectionBody(known) }),
  "refresh-connection": () => ({}),
  "refresh-connections": () => ({}),
  "list-jobs": ({ connectionId, institutionId, jobId }) => ({
    query: {
      filter: `connection.id.eq('${connectionId}'),institution.id.eq('${institutionId}')`,
      limit: "500",
      next: `2026-01-05T09:00:00.000Z_${jobId}`,
    },
  }),
  "get-job": () => ({}),
  "cancel-job": () => ({}),
  "resume-job": () => ({}),
  "answer-mfa": () => ({ headers: JSON_TYPE, body: answerBody() }),
  health: () => ({}),
  refuse: () => ({}),
};

const PARAMETER = /\{(\w+)\}/g;

/** A valid request to each route, and one to no route. */
export function validRequests(known: Known): ValidRequest[] {
  const parametersOf = (path: string) => {
    const values: { [name: string]: string } = { ...known };
    return Object.fromEntries(
      [...path.matchAll(PARAMETER)].map(([, name = ""]) => [name, values[name] ?? ""]),
    );
  };
  const routes = { ...ROUTES, refuse: { method: "PUT", path: "/users/{userId}/jobs/{jobId}" } };
  return Object.keys(EXTRAS)
    .filter(isRoute)
    .map((route) => {
      const { method, path } = routes[route];
      const empty = { query: {}, headers: {}, body: undefined };
      return { route, method, path, parameters: parametersOf(path), ...empty, ...EXTRAS[route](known) };
    });
}

function isRoute(name: string): name is RouteName {
  return Object.hasOwn(EXTRAS, name);
}
