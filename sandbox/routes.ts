import { issueToken } from "./access-token.ts";
import type { Outcome, Situation } from "./call.ts";
import {
  createConnection,
  getConnection,
  listConnections,
  refreshConnection,
  updateConnection,
} from "./connection-calls.ts";
import { readLedger, resetEverything, setFaults, setInstitution } from "./control-calls.ts";
import { getInstitution, listInstitutions } from "./institution-calls.ts";
import { answerChallenge, getJob, listJobs } from "./job-calls.ts";

const paramNames = ["userId", "connectionId", "jobId", "institutionId"] as const;
/** What the path names; empty where a route has no such part. */
export type Params = Readonly<Record<(typeof paramNames)[number], string>>;

type Route = {
  readonly method: string;
  readonly path: string;
  readonly access: "open" | "token";
  readonly answer: (situation: Situation, params: Params) => Outcome;
};

const routes: readonly Route[] = [
  { method: "POST", path: "/token", access: "open", answer: issueToken },
  { method: "GET", path: "/institutions", access: "token", answer: listInstitutions },
  { method: "GET", path: "/institutions/:institutionId", access: "token", answer: getInstitution },
  { method: "GET", path: "/users/:userId/connections", access: "token", answer: listConnections },
  { method: "POST", path: "/users/:userId/connections", access: "token", answer: createConnection },
  { method: "GET", path: "/users/:userId/connections/:connectionId", access: "token", answer: getConnection },
  {
    method: "POST",
    path: "/users/:userId/connections/:connectionId",
    access: "token",
    answer: updateConnection,
  },
  {
    method: "POST",
    path: "/users/:userId/connections/:connectionId/refresh",
    access: "token",
    answer: refreshConnection,
  },
  { method: "GET", path: "/users/:userId/jobs", access: "token", answer: listJobs },
  { method: "GET", path: "/jobs/:jobId", access: "token", answer: getJob },
  { method: "POST", path: "/jobs/:jobId/mfa", access: "token", answer: answerChallenge },
  { method: "PUT", path: "/_control/institutions/:institutionId", access: "open", answer: setInstitution },
  { method: "PUT", path: "/_control/faults", access: "open", answer: setFaults },
  { method: "GET", path: "/_control/ledger", access: "open", answer: readLedger },
  { method: "DELETE", path: "/_control", access: "open", answer: resetEverything },
];

export type Match = {
  readonly params: Params;
  /** Absent when only other methods are known for this path. */
  readonly route: Route | undefined;
  readonly allowed: readonly string[];
};

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
