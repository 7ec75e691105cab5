import type { Call, Setting } from "../call.ts";
import type { State } from "../state.ts";
import { emptyState } from "../stored-state.ts";
import { type Kind, keyText, type NewRow, outlivesReset, type Row, type RowKey } from "./row.ts";
import { rowsFor } from "./rows-for.ts";
import { changedRows, removedKeys, stateOf } from "./state-rows.ts";
import type { Table } from "./table.ts";

/** Of all calls that write the same row at the same time, one succeeds in each round. */
const maxRounds = 100;

/** Kinds of rows that several calls may create at the same time. All other rows have a newly generated id. */
const sharedKinds: ReadonlySet<Kind> = new Set([
  "faults",
  "condition",
  "consent-ui",
  "consent",
  "login",
  "user",
]);

/**
 * Reads the rows that a call needs, does its work on them, and writes the changed rows. If another call changed a row
 * meanwhile, reads all rows and does the work again.
 *
 * @throws an `Error` after 100 rounds.
 */
export async function change<Done extends { readonly state: State }>(
  { table, setting }: { readonly table: Table; readonly setting: Setting },
  call: Call,
  work: (state: State) => Done,
): Promise<Done> {
  const callNumber = await table.nextNumber();
  for (let round = 0; round < maxRounds; round++) {
    const rows = await rowsFor(table, call, setting);
    const before = stateOf(rows);
    const done = work(before);
    if (isReset(done.state)) {
      // Rows that another call creates during the scan may remain. Reset the sandbox only while no calls are running.
      await table.clear(outlivesReset);
      return done;
    }
    const known = new Map(rows.map((row) => [keyText(row), row]));
    if (!(await removeAll(table, removedKeys(before, done.state), known))) continue;
    const writes = changedRows(before, done.state, callNumber).map((row): Replacing => {
      const read = known.get(keyText(row));
      const isShared = read !== undefined || sharedKinds.has(row.kind);
      return { row: { ...row, version: setting.newId(), order: read?.order ?? callNumber }, read, isShared };
    });
    if (await writeAll(table, writes)) return done;
  }
  throw new Error("Other calls were faster too often.");
}

/** Whether the call was a reset. Only a reset leaves the ledger object of `emptyState`. */
function isReset(after: State): boolean {
  return after.ledger === emptyState.ledger;
}

type Replacing = { readonly row: NewRow & Row; readonly read: Row | undefined; readonly isShared: boolean };

/** Returns false if another call changed a row first. */
async function removeAll(
  table: Table,
  keys: readonly RowKey[],
  known: ReadonlyMap<string, Row>,
): Promise<boolean> {
  for (const key of keys) {
    const row = known.get(keyText(key));
    if (row !== undefined && !(await table.remove(row))) return false;
  }
  return true;
}

/**
 * Returns false if another call changed a row first. Writes rows with ids of this round last, so that a failed round leaves no
 * such row, which no reply would mention.
 */
async function writeAll(table: Table, writes: readonly Replacing[]): Promise<boolean> {
  for (const { row, read, isShared } of writes.toSorted((a, b) => Number(b.isShared) - Number(a.isShared))) {
    const isWritten = await table.replace(row, read);
    if (!isWritten && isShared) return false;
  }
  return true;
}
