/** A form of a statement has two parts. */
const MAX_PARTS = 20;

const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;",]{1,70}))/i;
const NAME = /^content-disposition:\s*form-data\b.*?;\s*name=(?:"([^"]*)"|([^\s;"]+))/im;

/**
 * Returns the parts of a multipart form by their names; undefined if the body is no such form. Not by Node's own parser, because that
 * takes no boundary of fewer than 27 characters.
 */
export function formParts(body: Buffer, contentType: string): ReadonlyMap<string, Buffer> | undefined {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const parts = new Map<string, Buffer>();
  let at = body.indexOf(delimiter.subarray(2)) === 0 ? delimiter.length - 2 : endOf(body, delimiter, 0);
  while (at !== undefined && parts.size <= MAX_PARTS) {
    if (body.toString("latin1", at, at + 2) === "--") return parts.size > 0 ? parts : undefined;
    const start = endOf(body, HEAD_END, at);
    const end = start === undefined ? undefined : endOf(body, delimiter, start);
    if (start === undefined || end === undefined) return undefined;
    const [, quotedName, plainName] = NAME.exec(body.toString("latin1", at, start)) ?? [];
    const name = quotedName ?? plainName;
    if (name === undefined) return undefined;
    if (!parts.has(name)) parts.set(name, body.subarray(start, end - delimiter.length));
    at = end;
  }
  return undefined;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/** Returns the place after the next occurrence of `what`. */
function endOf(body: Buffer, what: Buffer, from: number): number | undefined {
  const found = body.indexOf(what, from);
  return found < 0 ? undefined : found + what.length;
}
