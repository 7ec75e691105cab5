/** Who may call a route: a server; also the user in the path, or any user if the path has none; or everybody, without a token. */
type Callers = "server" | "server and user" | "everybody";

/** The versions of the aggregator's API that publish a route. */
type Versions = "all" | "2" | "3";

export interface PassedRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** The same path in our API and in the aggregator's. */
  readonly path: string;
  readonly callers: Callers;
  readonly versions: Versions;
  /** The entry that serves the route, if the route does more than pass. */
  readonly entry?: "delete-connection" | "erase-user" | "create-statement";
}

const USER = "/users/{userId}";
const CONNECTION = `${USER}/connections/{connectionId}`;

const read = (path: string, callers: Callers, versions: Versions) =>
  ({ method: "GET", path, callers, versions }) as const;
const post = (path: string, versions: Versions) =>
  ({ method: "POST", path, callers: "server", versions }) as const;

/**
 * The routes that we pass to the aggregator: exactly these, and no other path. Who may call a route, and the versions that
 * have it, are as the aggregator publishes them. Version 2.1 misspells `identities`; programs use both forms.
 */
export const PASSED_ROUTES = {
  "create-user": post("/users", "all"),
  "get-user": read(USER, "server and user", "all"),
  "update-user": post(USER, "all"),
  "list-connections": read(`${USER}/connections`, "server", "all"),
  "get-connection": read(CONNECTION, "server and user", "all"),
  "purge-connection": post(`${CONNECTION}/purge`, "3"),
  "list-accounts": read(`${USER}/accounts`, "server", "all"),
  "get-account": read(`${USER}/accounts/{accountId}`, "server", "all"),
  "list-transactions": read(`${USER}/transactions`, "server", "all"),
  "get-transaction": read(`${USER}/transactions/{transactionId}`, "server", "all"),
  "create-affordability": post(`${USER}/affordability`, "2"),
  "list-affordability": read(`${USER}/affordability`, "server", "2"),
  "get-affordability": read(`${USER}/affordability/{snapshotId}`, "server", "2"),
  "list-affordability-transactions": read(`${USER}/affordability/{snapshotId}/transactions`, "server", "2"),
  "create-income": post(`${USER}/income`, "2"),
  "get-income": read(`${USER}/income/{snapshotId}`, "server", "2"),
  "create-expenses": post(`${USER}/expenses`, "2"),
  "get-expenses": read(`${USER}/expenses/{snapshotId}`, "server", "2"),
  "list-identities": read(`${USER}/identities`, "server and user", "2"),
  "get-identity": read(`${USER}/identities/{identityId}`, "server and user", "2"),
  "list-identitites": read(`${USER}/identitites`, "server and user", "2"),
  "get-identitity": read(`${USER}/identitites/{identityId}`, "server and user", "2"),
  enrich: read("/enrich", "server and user", "2"),
  "list-institutions": read("/institutions", "server and user", "2"),
  "get-institution": read("/institutions/{institutionId}", "server and user", "2"),
  "list-connectors": read("/connectors", "server and user", "all"),
  "get-connector": read("/connectors/{connectorId}/{method}", "server and user", "all"),
  "list-public-institutions": read("/public/institutions", "everybody", "2"),
  "list-public-connectors": read("/public/connectors", "everybody", "2"),
  "get-public-connector": read("/public/connectors/{connectorId}/{method}", "everybody", "2"),
  "delete-connection": {
    method: "DELETE",
    path: CONNECTION,
    callers: "server",
    versions: "all",
    entry: "delete-connection",
  },
  "create-statement": {
    method: "POST",
    path: `${USER}/statements`,
    callers: "server and user",
    versions: "all",
    entry: "create-statement",
  },
  "list-consents": read(`${USER}/consents`, "server", "3"),
  "delete-consent": {
    method: "DELETE",
    path: `${USER}/consents/{consentId}`,
    callers: "server",
    versions: "3",
    entry: "delete-connection",
  },
  "erase-user": { method: "DELETE", path: USER, callers: "server", versions: "all", entry: "erase-user" },
} as const satisfies { readonly [name: string]: PassedRoute };

const names = new Map<string, keyof typeof PASSED_ROUTES>();
for (const name in PASSED_ROUTES) {
  if (isPassed(name)) names.set(`${PASSED_ROUTES[name].method} ${PASSED_ROUTES[name].path}`, name);
}

/** Returns the name of the route that API Gateway chose. */
export function passedRouteOf(routeKey: string): keyof typeof PASSED_ROUTES | undefined {
  return names.get(routeKey);
}

export function isPassed(name: string): name is keyof typeof PASSED_ROUTES {
  return Object.hasOwn(PASSED_ROUTES, name);
}
