import { type State, storedState } from "../state.ts";
import { fromStored } from "../stored-state.ts";
import {
  controlPk,
  type Kind,
  keyText,
  ledgerPk,
  type NewRow,
  ownerKey,
  type Row,
  type RowKey,
  skOf,
  tokenKey,
  userPk,
} from "./row.ts";

/** Returns the part of the state that the rows contain. Throws if a row is not valid. */
export function stateOf(rows: readonly Row[]): State {
  const inOrder = rows.toSorted((a, b) => a.order - b.order);
  const entries = (kind: Kind) => {
    const start = skOf(kind, "");
    const found = inOrder.filter(({ sk }) => sk.startsWith(start));
    return found.map(({ sk, value }) => [sk.slice(start.length), value] as const);
  };
  const values = (kind: Kind) => entries(kind).map(([, value]) => value);
  return fromStored(
    storedState.parse({
      users: values("user"),
      reports: values("report"),
      jobs: values("job"),
      connections: values("connection"),
      consents: values("consent"),
      consentUi: values("consent-ui").at(-1),
      conditions: entries("condition"),
      askCounts: entries("login"),
      tokens: entries("access-token"),
      faults: values("faults").flat(),
      ledger: values("call"),
    }),
  );
}

/** Returns the rows that a call changed, in the order in which they must be written. */
export function changedRows(before: State, after: State, callNumber: number): NewRow[] {
  const known = new Map(rowsOf(before).map((row) => [keyText(row), row.value]));
  const added = after.ledger.slice(before.ledger.length);
  return [
    ...added.map((call) => rowOf("call", ledgerPk, String(callNumber).padStart(16, "0"), call)),
    ...rowsOf(after).filter((row) => known.get(keyText(row)) !== row.value),
  ];
}

/** Returns the keys of the rows that a call removed. The row of a user comes last, so that a repeated call finds the rest. */
export function removedKeys(before: State, after: State): RowKey[] {
  const left = new Set(rowsOf(after).map(keyText));
  const removed = rowsOf(before).filter((row) => !left.has(keyText(row)));
  return removed.toSorted((a, b) => Number(a.kind === "user") - Number(b.kind === "user"));
}

/**
 * Returns the rows of the state, without the ledger. A counter follows the rows that may be written twice, and a job follows
 * all rows that it needs.
 */
function rowsOf(state: State): NewRow[] {
  return [
    rowOf("faults", controlPk, "all", state.faults),
    rowOf("consent-ui", controlPk, "all", state.consentUi),
    ...[...state.conditions].map(([id, condition]) => rowOf("condition", controlPk, id, condition)),
    ...[...state.users].map(([id, value]) => rowOf("user", userPk(id), id, value)),
    ...[...state.reports].map(([id, value]) => rowOf("report", userPk(value.userId), id, value)),
    ...[...state.consents].map(([id, value]) => rowOf("consent", userPk(value.userId), id, value)),
    ...[...state.connections].map(([id, value]) => rowOf("connection", userPk(value.userId), id, value)),
    ...[...state.askCounts].map(([login, count]) => rowOf("login", userPk(userOf(login)), login, count)),
    ...[...state.tokens].map(
      ([digest, value]): NewRow => ({ ...tokenKey(digest), kind: "access-token", value }),
    ),
    ...[...state.jobs.values()].flatMap((job): NewRow[] => [
      { ...ownerKey(job.id), kind: "owner", value: job.userId },
      rowOf("job", userPk(job.userId), job.id, job),
    ]),
  ];
}

function rowOf(kind: Kind, pk: string, id: string, value: unknown): NewRow {
  return { kind, pk, sk: skOf(kind, id), value };
}

function userOf(login: string): string {
  return login.slice(0, login.indexOf("/"));
}
