import { createHash } from "node:crypto";
import type { Reply } from "./api-handler.ts";
import type { HttpRequest } from "./request.ts";

/** The body of a reply as it is sent, and its ETag. */
export interface Tagged {
  text: string;
  /** A strong ETag: two bodies have the same one only if all their bytes are the same. */
  etag: string;
}

export function tagged(body: object): Tagged {
  const text = JSON.stringify(body);
  return { text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` };
}

/**
 * Returns whether `If-None-Match` has this ETag, or is `*`. Compares weakly, as RFC 9110 (13.1.2) says. A malformed header
 * has no ETag.
 */
export function isKnown(request: Pick<HttpRequest, "header">, etag: string): boolean {
  const header = request.header("if-none-match")?.trim() ?? "";
  return header === "*" || tagsIn(header).includes(etag);
}

/** Matches one element of the list, with the comma after it. Lists may have empty elements, and tags may have commas. */
const ELEMENT = /[ \t]*(?:(?:W\/)?("[\x21\x23-\x7e\x80-\uffff]*")[ \t]*)?(?:,|$)/y;

function tagsIn(header: string): string[] {
  const tags: string[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < header.length) {
    const found = ELEMENT.exec(header);
    if (found === null) return [];
    if (found[1] !== undefined) tags.push(found[1]);
  }
  return tags;
}

/** Answers with the body, or with 304 if the client has it already. */
export function replyUnlessKnown(request: HttpRequest, { text, etag }: Tagged): Reply {
  return isKnown(request, etag) ? unchanged(etag) : whole({ text, etag });
}

export function whole({ text, etag }: Tagged, status = 200): Reply {
  return { status, headers: { etag }, raw: { body: text } };
}

/** Answers that the client has the newest body. */
export function unchanged(etag: string): Reply {
  return { status: 304, headers: { etag } };
}
