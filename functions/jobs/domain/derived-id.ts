import { createHash } from "node:crypto";

/** An id that one id and a name always make again, in the form of a UUID v4. */
export function derivedId(id: string, name: string): string {
  const hash = createHash("sha256").update(`${id} ${name}`).digest("hex");
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}
