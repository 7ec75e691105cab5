import * as z from "zod/mini";
import type { Call } from "./call.ts";
import { type Properties, readFilter } from "./filter.ts";
import type { Listed, Place } from "./listed-transactions.ts";
import { limitNotValid, nextNotValid, type Refusal } from "./refusal.ts";
import { wholeNumberFrom } from "./whole-number.ts";

const maxLimit = 500;

const limit = wholeNumberFrom(1, maxLimit);
const place = z.object({ account: z.string(), isPending: z.boolean(), index: wholeNumberFrom(0) });
const cursor = z.object({ filter: z.nullable(z.string()), limit, after: place });

/** What a call requests from a list that has pages. */
type Asked = { readonly filter: string | null; readonly limit: number; readonly after?: Place };

export type Page = {
  readonly entries: readonly Listed[];
  readonly limit: number;
  /** Where the next page begins. Undefined on the last page. */
  readonly next: string | undefined;
};

/**
 * Reads the page that a call asks for. The address of a next page contains the filter and the limit of the first one, so a
 * client that follows it sends nothing else.
 */
export function readPage(
  call: Call,
  properties: Properties<Listed>,
  listed: (after: Place | undefined) => Iterable<Listed>,
): Page | { readonly refusal: Refusal } {
  const asked = readAsked(call);
  if ("refusal" in asked) return asked;
  const filter = readFilter(asked.filter, properties);
  if ("refusal" in filter) return filter;
  const entries: Listed[] = [];
  for (const entry of listed(asked.after)) {
    if (!filter.matches(entry)) continue;
    if (entries.length === asked.limit) return { entries, limit: asked.limit, next: nextOf(asked, entries) };
    entries.push(entry);
  }
  return { entries, limit: asked.limit, next: undefined };
}

function readAsked({ query }: Call): Asked | { readonly refusal: Refusal } {
  const next = query.get("next");
  if (next === null) {
    const asked = limit.safeParse(Number(query.get("limit") ?? maxLimit));
    return asked.success ? { filter: query.get("filter"), limit: asked.data } : { refusal: limitNotValid };
  }
  try {
    return cursor.parse(JSON.parse(Buffer.from(next, "base64url").toString("utf8")));
  } catch {
    return { refusal: nextNotValid };
  }
}

function nextOf({ filter, limit }: Asked, entries: readonly Listed[]): string | undefined {
  const last = entries.at(-1);
  if (last === undefined) return undefined;
  const after = { account: last.account.id, isPending: last.isPending, index: last.index };
  return Buffer.from(JSON.stringify({ filter, limit, after })).toString("base64url");
}
