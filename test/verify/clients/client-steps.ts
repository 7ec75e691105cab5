import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";

/*
 * What programs for the published API send, and the fields that they read in the replies. A word in braces stands for a value
 * that an earlier reply gave.
 */

export interface Step {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** The credential. By default, the token of the server. */
  as?: "key" | "server" | "app" | "nobody";
  /** A text goes as it is. An object goes as JSON. */
  body?: object | string;
  headers?: Record<string, string>;
  status: number;
  /** The status of a second reply, if the client makes the call twice. By default, that of the first. */
  again?: number;
  /** The fields that the client reads. A number is a place in a list. */
  reads?: readonly string[];
  /** The values that later steps send, by their names in braces. */
  stores?: Readonly<Record<string, string>>;
  /** The client repeats the call until the job, or the list, is so. */
  until?: "asked" | "over" | "listed";
  /** The client follows `links.next` until there is none. */
  toTheLastPage?: true;
}

const USER = "/users/{user}";
const CONNECTION = `${USER}/connections/{connection}`;

const read = (path: string, reads: readonly string[], more: Partial<Step> = {}): Step => ({
  method: "GET",
  path,
  status: 200,
  reads,
  ...more,
});
const refused = (path: string, status: number, more: Partial<Step> = {}): Step => ({
  ...read(path, ["data.0.code", "data.0.detail"], more),
  status,
});

/** Version 3.0 names the user in the request of a user's token. */
export const serverToken = (version: string, more: Partial<Step> = {}): Step => ({
  method: "POST",
  path: "/token",
  as: "key",
  headers: { "basiq-version": version, "content-type": "application/x-www-form-urlencoded" },
  body: "scope=SERVER_ACCESS",
  status: 200,
  stores: { server: "access_token" },
  ...more,
});
export const appToken: Step = {
  ...serverToken("2.1"),
  body: "scope=CLIENT_ACCESS&userId={user}",
  stores: { app: "access_token" },
};

export const signUp = (body: object): Step => ({
  method: "POST",
  path: "/users",
  body,
  status: 201,
  reads: ["type", "id", "email", "mobile", "links.self"],
  stores: { user: "id" },
});
export const signUpWithoutAddress: Step = {
  ...refused("/users", 400),
  method: "POST",
  body: { firstName: "Jared" },
};
export const changeUser: Step = {
  method: "POST",
  path: USER,
  body: { mobile: "+61410888999" },
  status: 200,
  reads: ["id", "mobile"],
};
export const readUser = (more: Partial<Step> = {}) =>
  read(
    USER,
    [
      "id",
      "email",
      "mobile",
      "name",
      "connections.count",
      "accounts.data",
      "links.auth_link",
      "links.accounts",
    ],
    more,
  );

const CAPTIONS = [
  "loginIdCaption",
  "passwordCaption",
  "forgottenPasswordUrl",
  "logo.links.full",
  "logo.links.square",
];
const PAGE_FILTER = [
  "institution.stage.ne('alpha')",
  "institution.country.eq('Australia')",
  "institution.authorization.in('user', 'user-mfa', 'user-mfa-intermittent')",
  "institution.openBankingSource.eq('web')",
].join(",");

export const chooseOnThePage = read(
  `/public/institutions?filter=${encodeURIComponent(PAGE_FILTER)}`,
  ["totalCount", ...["id", "name", "shortName", ...CAPTIONS].map((field) => `data.0.${field}`)],
  { as: "nobody" },
);
export const chooseInstitution = (more: Partial<Step> = {}) =>
  read("/institutions", ["totalCount", "data.0.authorization", "data.0.features", "data.0.stats"], more);
export const noInstitution = read("/institutions?filter=institution.country.in('Yugoslavia')", [
  "totalCount",
]);
export const institutionsWithoutToken = refused("/institutions", 401, {
  as: "nobody",
  reads: ["data.0.code"],
});
export const readInstitution = read(`/institutions/${PIED_PIPER}`, ["id", "tier", "links.self"]);
export const unknownInstitution = refused("/institutions/AU99999", 404);
export const chooseConnector = read("/connectors", [
  "totalCount",
  ...["id", "method", "authorization.meta.login_id_caption", "institution.name"].map(
    (field) => `data.0.${field}`,
  ),
]);
export const readConnector = read(`/connectors/${PIED_PIPER}/web`, ["id", "method", "links.self"]);

const startJob = (path: string, body: object | undefined, more: Partial<Step> = {}): Step => ({
  method: "POST",
  path,
  ...(body !== undefined && { body }),
  status: 202,
  again: 200,
  reads: ["type", "id", "links.self"],
  stores: { job: "id" },
  ...more,
});
export const connect = (more: Partial<Step> = {}) =>
  startJob(`${USER}/connections`, { ...LOGINS.jared, institution: { id: PIED_PIPER } }, more);
/** As published, without the login id. */
export const update = startJob(CONNECTION, { password: LOGINS.jared.password });
export const refreshAll = startJob(`${USER}/connections/refresh`, undefined, {
  again: 202,
  reads: ["type", "data.0.type"],
  stores: { job: "data.0.id" },
});

/** The client polls until the bank asks, answers, and polls until the job is over. */
export function followJob(more: Partial<Step> = {}): Step[] {
  const poll = read("/jobs/{job}", ["id", "steps.0.title", "links.self"], more);
  return [
    { ...poll, until: "asked" },
    {
      ...more,
      method: "POST",
      path: "/jobs/{job}/mfa",
      body: { "mfa-response": ["1234"] },
      status: 202,
      reads: ["id", "steps"],
    },
    { ...poll, until: "over", stores: { source: "links.source" } },
  ];
}

const CONNECTION_FIELDS = ["id", "status", "createdDate", "lastUsed", "institution.id", "links.self"];
export const listConnections = (filter = "") =>
  read(
    `${USER}/connections${filter}`,
    CONNECTION_FIELDS.map((field) => `data.0.${field}`),
    {
      stores: { connection: "data.0.id" },
    },
  );
/** The aggregator lists a connection at once. We list it as soon as the workflow has sent the login. */
export const listNewConnection: Step = {
  ...listConnections("?filter=status.eq('pending')"),
  until: "listed",
};
export const readConnection = read(CONNECTION, [
  ...CONNECTION_FIELDS,
  "profile.fullName",
  "accounts.data.0.id",
  "links.user",
]);

export const listAccounts = (filter = "") =>
  read(
    `${USER}/accounts${filter}`,
    [
      "accountNo",
      "name",
      "currency",
      "class.type",
      "balance",
      "availableFunds",
      "status",
      "transactionIntervals",
    ].map((field) => `data.0.${field}`),
    { stores: { account: "data.0.id" } },
  );
export const readAccount = read(`${USER}/accounts/{account}`, ["id", "class.product", "links.transactions"]);
export const listTransactions = (query: string) =>
  read(
    `${USER}/transactions?${query}`,
    ["status", "description", "amount", "balance", "direction", "postDate", "subClass"].map(
      (field) => `data.0.${field}`,
    ),
    { stores: { transaction: "data.0.id" }, toTheLastPage: true },
  );
export const readTransaction = read(`${USER}/transactions/{transaction}`, ["id", "enrich", "links.account"]);

export function makeReport(name: "affordability" | "income" | "expenses"): Step[] {
  return [
    {
      method: "POST",
      path: `${USER}/${name}`,
      body: {},
      status: 200,
      reads: ["id", "fromMonth", "toMonth"],
      stores: { report: "id" },
    },
    read(`${USER}/${name}/{report}`, ["id", "coverageDays"]),
  ];
}
export const listAffordability = read(`${USER}/affordability`, ["data.0.id"]);
export const affordabilityTransactions = read(`${USER}/affordability/{report}/transactions`, ["data.0.id"]);
export const enrich = read("/enrich?q=COLES&institution=AU00000", ["class", "direction"]);
export const identities = (spelling: string): Step[] => [
  read(`${USER}/${spelling}`, ["data.0.fullName"], { stores: { identity: "data.0.id" } }),
  read(`${USER}/${spelling}/{identity}`, ["id", "emails"]),
];

export const listEvents = read(
  "/events?filter=user.id.eq('{user}')",
  ["data.0.eventType", "data.0.dataRef"],
  {
    until: "listed",
  },
);

/** The account-verification app deletes a connection by the id of its job. */
export const deleteByJob: Step = { ...refused(`${USER}/connections/{job}`, 404), method: "DELETE" };
export const deleteConnection: Step = { method: "DELETE", path: CONNECTION, status: 204, again: 404 };
export const deleteAgain: Step = { ...refused(CONNECTION, 404), method: "DELETE" };
export const erase: Step = { method: "DELETE", path: USER, status: 204, again: 404 };
export const eraseAgain: Step = { ...refused(USER, 404), method: "DELETE" };
