import { itemBytes } from "../../support/aws-recorder.ts";

/** As it is on the wire: each value under the name of its type. */
export type Item = Record<string, unknown>;

export interface SecondaryIndex {
  /** Of the index and of its table. */
  keyNames: readonly string[];
  /** What it holds beside the keys; everything when absent. */
  projected?: readonly string[];
}

const WRITE_UNIT_BYTES = 1024;

/**
 * What a change of a row costs in an index: nothing when its entry stays as it is, one write of the larger entry, or
 * two writes when the entry moves.
 */
export function indexWriteUnits(
  index: SecondaryIndex,
  before: Item | undefined,
  after: Item | undefined,
): number {
  const left = entryIn(index, before);
  const right = entryIn(index, after);
  if (JSON.stringify(left) === JSON.stringify(right)) return 0;
  if (left === undefined || right === undefined) return units(left ?? right);
  const moves = index.keyNames.some((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
  return moves ? units(left) + units(right) : Math.max(units(left), units(right));
}

/** A row that lacks a key of the index is not in it. */
function entryIn({ keyNames, projected }: SecondaryIndex, row: Item | undefined): Item | undefined {
  if (row === undefined || keyNames.some((name) => row[name] === undefined)) return undefined;
  if (projected === undefined) return row;
  const held = [...keyNames, ...projected].filter((name) => row[name] !== undefined);
  return Object.fromEntries(held.toSorted().map((name) => [name, row[name]]));
}

function units(entry: Item | undefined): number {
  return Math.ceil(itemBytes(entry) / WRITE_UNIT_BYTES);
}
