import { readVarint, unsnappy } from "./snappy.ts";

/** As LevelDB ends its tables: two places, padding, and this. */
const FOOTER_BYTES = 48;
const MAGIC = Buffer.from("57fb808b247547db", "hex");
const PACKED = 1;

export function isLevelTable(file: Buffer): boolean {
  return file.length >= FOOTER_BYTES && file.subarray(-MAGIC.length).equals(MAGIC);
}

/**
 * What stands in a table of LevelDB's, in the clear: its blocks are packed, one by one, also of rows that were deleted since
 * and that no reader of the database sees any more.
 */
export function readLevelTable(file: Buffer): Buffer {
  const footer = file.subarray(-FOOTER_BYTES);
  const index = blockAt(file, placeAt(footer, placeAt(footer, 0).next));
  return Buffer.concat([...placesIn(index)].map((place) => blockAt(file, place)));
}

interface Place {
  offset: number;
  size: number;
}

function placeAt(bytes: Buffer, at: number): Place & { next: number } {
  const offset = readVarint(bytes, at);
  const size = readVarint(bytes, offset.next);
  return { offset: offset.value, size: size.value, next: size.next };
}

function blockAt(file: Buffer, { offset, size }: Place): Buffer {
  const block = file.subarray(offset, offset + size);
  return file[offset + size] === PACKED ? unsnappy(block) : block;
}

/** An index is a block whose values are places. At its end stand its restarts, four bytes each, and their number. */
function* placesIn(index: Buffer): Generator<Place> {
  const end = index.length - 4 - 4 * index.readUInt32LE(index.length - 4);
  for (let at = 0; at < end; ) {
    const shared = readVarint(index, at);
    const own = readVarint(index, shared.next);
    const length = readVarint(index, own.next);
    const value = length.next + own.value;
    yield placeAt(index, value);
    at = value + length.value;
  }
}
