import type { Call, Setting } from "../call.ts";
import { emptyState } from "../kept-state.ts";
import type { State } from "../state.ts";
import { type Kind, keyText, type NewRow, outlivesReset, type Row } from "./row.ts";
import { rowsFor } from "./rows-for.ts";
import { changedRows, stateOf } from "./state-rows.ts";
import type { Table } from "./table.ts";

/** Of all the calls that want one row at once, one gets it in each round. */
const maxRounds = 100;

/** Rows that more than one call may be the first to write. Others have an id that was drawn for them. */
const sharedKinds: ReadonlySet<Kind> = new Set(["faults", "condition", "login"]);

/**
 * Does the work of a call on the part of the state that it is about, and keeps what is different afterwards. When another
 * call was faster with a row, it is all read again, and the work done again.
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
      // What a call makes while the table is walked may stay. A reset is for a bank that is at rest.
      await table.clear(outlivesReset);
      return done;
    }
    const known = new Map(rows.map((row) => [keyText(row), row]));
    const writes = changedRows(before, done.state, callNumber).map((row): Replacing => {
      const read = known.get(keyText(row));
      const isShared = read !== undefined || sharedKinds.has(row.kind);
      return { row: { ...row, version: setting.newId(), order: read?.order ?? callNumber }, read, isShared };
    });
    if (await writeAll(table, writes)) return done;
  }
  throw new Error("Other calls were faster too often.");
}

/** No other call leaves the very list that a start has. */
function isReset(after: State): boolean {
  return after.ledger === emptyState.ledger;
}

type Replacing = { readonly row: NewRow & Row; readonly read: Row | undefined; readonly isShared: boolean };

/** `false` when another call was faster. Rows with ids of this round come last, so that none is left without a reply. */
async function writeAll(table: Table, writes: readonly Replacing[]): Promise<boolean> {
  for (const { row, read, isShared } of writes.toSorted((a, b) => Number(b.isShared) - Number(a.isShared))) {
    const isWritten = await table.replace(row, read);
    if (!isWritten && isShared) return false;
  }
  return true;
}
