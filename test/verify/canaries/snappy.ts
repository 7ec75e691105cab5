/** The kinds of an element, in the two lowest bits of its first byte. */
const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;
/** A literal of up to this many bytes says its length in its first byte. */
const SHORT_LITERAL = 60;

/** Unpacks a block of Snappy's raw format, as LevelDB writes it. Throws when it is none. */
export function unsnappy(packed: Buffer): Buffer {
  const { value: size, next } = readVarint(packed, 0);
  const unpacked = Buffer.alloc(size);
  let [from, to] = [next, 0];
  while (from < packed.length) {
    const tag = packed.readUInt8(from++);
    const kind = tag & 3;
    if (kind === LITERAL) {
      const short = tag >>> 2;
      const extra = Math.max(0, short + 1 - SHORT_LITERAL);
      const length = extra === 0 ? short + 1 : packed.readUIntLE(from, extra) + 1;
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
    // Byte by byte: what is copied may begin in what it makes.
    for (const end = to + length; to < end; to++) unpacked.writeUInt8(unpacked.readUInt8(to - offset), to);
  }
  if (to !== size) throw new Error("Not a block of Snappy.");
  return unpacked;
}

export function readVarint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let [index, unit] = [at, 1]; ; index++, unit *= 128) {
    const byte = bytes.readUInt8(index);
    value += (byte & 127) * unit;
    if (byte < 128) return { value, next: index + 1 };
  }
}
