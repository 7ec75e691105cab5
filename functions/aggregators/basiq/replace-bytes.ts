/**
 * Replaces a text in a body without decoding or parsing the body. With `mayFollow`, replaces the text only where the end
 * of the body or a byte follows that `mayFollow` accepts. Returns the same buffer if nothing is replaced.
 */
export function replaceBytes(
  body: Buffer,
  from: string,
  to: string,
  mayFollow: (byte: number) => boolean = () => true,
): Buffer {
  const replacement = Buffer.from(to);
  const length = Buffer.byteLength(from);
  const parts: Buffer[] = [];
  let copiedTo = 0;
  for (let at = body.indexOf(from); at >= 0; at = body.indexOf(from, at + length)) {
    const next = body[at + length];
    if (next !== undefined && !mayFollow(next)) continue;
    parts.push(body.subarray(copiedTo, at), replacement);
    copiedTo = at + length;
  }
  return parts.length === 0 ? body : Buffer.concat([...parts, body.subarray(copiedTo)]);
}

/** After an address, these end its host. The backslash begins an escaped slash or quote. */
const ENDS_A_HOST = new Set(["/", '"', "\\"].map((character) => character.charCodeAt(0)));

/**
 * Replaces the aggregator's address by ours, with plain and with escaped slashes. An address that continues, such as
 * `https://aggregator.example.evil.example`, is another one and stays.
 */
export function replaceOrigin(body: Buffer, upstreamUrl: string, ourUrl: string): Buffer {
  const endsHost = (byte: number) => ENDS_A_HOST.has(byte);
  const plain = replaceBytes(body, upstreamUrl, ourUrl, endsHost);
  return replaceBytes(plain, escaped(upstreamUrl), escaped(ourUrl), endsHost);
}

function escaped(url: string): string {
  return url.replaceAll("/", "\\/");
}
