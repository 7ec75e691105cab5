import { presentedToken, refuseControl } from "../access-token.ts";
import type { Call, Params, Setting } from "../call.ts";
import { pageToken } from "../consent-ui/visit.ts";
import { matchRoute, type Part, type Route } from "../routes.ts";
import { isUserId } from "../user-id.ts";
import {
  controlPk,
  type Kind,
  ledgerPk,
  ownerKey,
  type Row,
  skOf,
  tokenKey,
  userKey,
  userPk,
} from "./row.ts";
import type { Table } from "./table.ts";

/** A function's reply is limited to 6 MB. Older calls remain in the table, but are not returned. */
const ledgerPages = 4;

/** Returns the rows that are needed to answer a call: all rows that its route reads, and few others. */
export async function rowsFor(table: Table, call: Call, setting: Setting): Promise<Row[]> {
  const { params, route } = matchRoute(call.method, call.path) ?? {};
  const [token, ...common] = await Promise.all([
    tokenOf(table, call, route),
    table.list(controlPk, "condition"),
    table.list(controlPk, "faults"),
    params && namedJob(table, params),
    params && namedConnection(table, params),
  ]);
  // Do not read many rows for a call without valid access.
  const isLetIn =
    route?.access === "token" || route?.access === "page"
      ? token !== undefined
      : refuseControl({ call, setting }) === undefined;
  const parts = (isLetIn && route?.reads) || [];
  // A page is about the user of its token.
  const userId = params?.userId || userOf(token);
  const [user, ...read] = await Promise.all([
    isLetIn && isUserId(userId) ? table.get(userKey(userId)) : undefined,
    ...parts.map((part) => readPart[part](table, userId)),
  ]);
  return [token, ...common, user, ...read].flat().filter((row) => row !== undefined);
}

async function tokenOf(table: Table, call: Call, route: Route | undefined): Promise<Row | undefined> {
  if (route?.access === "page") return table.get(tokenKey(pageToken(call)));
  const token = route?.access === "token" ? presentedToken(call) : undefined;
  return token === undefined ? undefined : table.get(tokenKey(token));
}

function userOf(token: Row | undefined): string {
  const { userId } = Object(token?.value);
  return typeof userId === "string" ? userId : "";
}

async function namedJob(table: Table, { jobId }: Params): Promise<Row | undefined> {
  if (!isId(jobId)) return undefined;
  const owner = await table.get(ownerKey(jobId));
  return owner && table.get({ pk: userPk(String(owner.value)), sk: skOf("job", jobId) });
}

async function namedConnection(table: Table, { userId, connectionId }: Params): Promise<Row | undefined> {
  if (!isId(connectionId) || !isUserId(userId)) return undefined;
  return table.get({ pk: userPk(userId), sk: skOf("connection", connectionId) });
}

/** Whether the text has the form of an id. Other texts match no row, and may exceed the length limit of a key. */
function isId(text: string): boolean {
  return /^[0-9a-f-]{36}$/.test(text);
}

const readPart: Readonly<Record<Part, (table: Table, userId: string) => Promise<Row[]>>> = {
  jobs: (table, userId) => listOf(table, userId, "job"),
  connections: (table, userId) => listOf(table, userId, "connection"),
  consents: (table, userId) => listOf(table, userId, "consent"),
  consentUi: (table) => table.list(controlPk, "consent-ui"),
  reports: (table, userId) => listOf(table, userId, "report"),
  logins: (table, userId) => listOf(table, userId, "login"),
  // A scan instead of an index, because only the control API needs the queue, and rarely. A job that joins the queue during
  // the scan waits until the next call.
  queue: (table) => table.walk("job"),
  ledger: (table) => table.list(ledgerPk, "call", ledgerPages),
};

async function listOf(table: Table, userId: string, kind: Kind): Promise<Row[]> {
  return isUserId(userId) ? table.list(userPk(userId), kind) : [];
}
