import { issueToken, type TokenRule } from "./access-token.ts";
import type { Outcome, Params, Situation } from "./call.ts";
import {
  createConnection,
  getConnection,
  listConnections,
  refreshConnection,
  updateConnection,
} from "./connection-calls.ts";
import { readLedger, resetEverything, setFaults, setInstitution } from "./control-calls.ts";
import { getConnector, getInstitution, listInstitutions } from "./institution-calls.ts";
import { answerChallenge, getJob, listJobs } from "./job-calls.ts";
import { onlyInConsentUi } from "./refusal.ts";

/** Parts of the state. Jobs, connections and logins are those of the user in the path. */
export type Part = "jobs" | "connections" | "logins" | "queue" | "ledger";

export type Route = {
  readonly method: string;
  readonly path: string;
  /** `key`: the call checks the API key itself. */
  readonly access: "key" | "token" | "control";
  /** What the route asks of the token. Undefined: any token. */
  readonly token?: TokenRule;
  /**
   * Parts that the route reads in addition to conditions, faults, and the rows that its path and its token identify. A store
   * does not need to load other parts.
   */
  readonly reads: readonly Part[];
  readonly answer: (situation: Situation, params: Params) => Outcome;
};

const token = { access: "token" } as const;
const ofTwo = { versions: ["2.0", "2.1"] } as const;
const makesConnections = { ...token, token: { ...ofTwo, otherVersion: onlyInConsentUi } } as const;
const ofServers = { ...token, token: { scope: "SERVER_ACCESS" } } as const;
const control = { access: "control" } as const;
const user = "/users/:userId";
const connections = `${user}/connections`;
const connection = `${connections}/:connectionId`;

const routes: readonly Route[] = [
  { method: "POST", path: "/token", access: "key", reads: [], answer: issueToken },
  { ...token, token: ofTwo, method: "GET", path: "/institutions", reads: [], answer: listInstitutions },
  {
    ...token,
    token: ofTwo,
    method: "GET",
    path: "/institutions/:institutionId",
    reads: [],
    answer: getInstitution,
  },
  {
    ...token,
    token: { versions: ["3.0"] },
    method: "GET",
    path: "/connectors/:institutionId/web",
    reads: [],
    answer: getConnector,
  },
  { ...token, method: "GET", path: connections, reads: ["connections", "jobs"], answer: listConnections },
  {
    ...makesConnections,
    method: "POST",
    path: connections,
    reads: ["logins", "jobs", "connections"],
    answer: createConnection,
  },
  { ...token, method: "GET", path: connection, reads: ["jobs"], answer: getConnection },
  {
    ...makesConnections,
    method: "POST",
    path: connection,
    reads: ["logins", "jobs"],
    answer: updateConnection,
  },
  {
    ...ofServers,
    method: "POST",
    path: `${connection}/refresh`,
    reads: ["logins", "jobs"],
    answer: refreshConnection,
  },
  { ...ofServers, method: "GET", path: `${user}/jobs`, reads: ["jobs"], answer: listJobs },
  { ...token, method: "GET", path: "/jobs/:jobId", reads: [], answer: getJob },
  {
    ...token,
    token: { scope: "CLIENT_ACCESS" },
    method: "POST",
    path: "/jobs/:jobId/mfa",
    reads: [],
    answer: answerChallenge,
  },
  {
    ...control,
    method: "PUT",
    path: "/_control/institutions/:institutionId",
    reads: ["queue"],
    answer: setInstitution,
  },
  { ...control, method: "PUT", path: "/_control/faults", reads: [], answer: setFaults },
  { ...control, method: "GET", path: "/_control/ledger", reads: ["ledger"], answer: readLedger },
  { ...control, method: "DELETE", path: "/_control", reads: [], answer: resetEverything },
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
  };
}
