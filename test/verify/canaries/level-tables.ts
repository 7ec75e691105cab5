import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Sink } from "./scanner.ts";

const GZIP = Buffer.from("1f8b", "hex");

/** Every file of a folder, and once more unpacked if it is packed. */
export function filesIn(folder: string): Sink[] {
  const names = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return names
    .filter((name) => statSync(name).isFile())
    .flatMap((name) => sinksOfFile(relative(folder, name), readFileSync(name)));
}

export function sinksOfFile(name: string, content: Buffer): Sink[] {
  const unpacked = unpack(content);
  return [
    { name, content },
    ...(unpacked === undefined ? [] : [{ name: `${name}, unpacked`, content: unpacked }]),
  ];
}

function unpack(content: Buffer): Buffer | undefined {
  if (content.subarray(0, GZIP.length).equals(GZIP)) return gunzipSync(content);
  const isLevelTable = content.length >= FOOTER_BYTES && content.subarray(-MAGIC.length).equals(MAGIC);
  return isLevelTable ? readLevelTable(content) : undefined;
}

/** The end of each table of LevelDB: two places, padding, and the magic number. */
const FOOTER_BYTES = 48;
const MAGIC = Buffer.from("57fb808b247547db", "hex");
const PACKED = 1;

/** The blocks of a table of LevelDB, unpacked. They include rows that were deleted and that no reader of the database sees. */
function readLevelTable(file: Buffer): Buffer {
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

/** An index is a block whose values are places. It ends with its restarts, four bytes each, and their number. */
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

/** The kinds of an element, in the two lowest bits of its first byte. */
const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;
/** The length of a literal of up to this many bytes is in its first byte. */
const SHORT_LITERAL = 60;

/** Unpacks a block of Snappy's raw format. */
function unsnappy(packed: Buffer): Buffer {
  const { value: size, next } = readVarint(packed, 0);
  const unpacked = Buffer.alloc(size);
  let [from, to] = [next, 0];
  while (from < packed.length) {
    const tag = packed.readUInt8(from++);
    const kind = tag & 3;
    if (kind === LITERAL) {
      const extra = Math.max(0, (tag >>> 2) + 1 - SHORT_LITERAL);
      const length = (extra === 0 ? tag >>> 2 : packed.readUIntLE(from, extra)) + 1;
      from += extra;
      packed.copy(unpacked, to, from, from + length);
      from += length;
      to += length;
      continue;
    }
    const length = kind === COPY_1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offsetBytes = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4;
    const high = kind === COPY_1 ? (tag >>> 5) << 8 : 0;
    const offset = high + packed.readUIntLE(from, offsetBytes);
    from += offsetBytes;
    // Byte by byte, because a copy may begin in its own result.
    for (const end = to + length; to < end; to++) unpacked.writeUInt8(unpacked.readUInt8(to - offset), to);
  }
  if (to !== size) throw new Error("Not a block of Snappy.");
  return unpacked;
}

function readVarint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let [index, unit] = [at, 1]; ; index++, unit *= 128) {
    const byte = bytes.readUInt8(index);
    value += (byte & 127) * unit;
    if (byte < 128) return { value, next: index + 1 };
  }
}
